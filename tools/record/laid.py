"""Recipes on the stage: a step with the files of a recipe laid over it."""

import contextlib
import shutil
import tomllib
from collections.abc import Iterator

from course.steps import ROOT
from tools.record.stage import Show, Stage

RECIPES = ROOT / "recipes"
NOT_LAID = shutil.ignore_patterns("__pycache__", "recipe.toml")


@contextlib.contextmanager
def laid(stage: Stage, name: str, count: int = 1) -> Iterator[Show]:
    """Give a clone of the course in which a recipe is laid over its step."""
    recipe = RECIPES / name
    number = tomllib.loads((recipe / "recipe.toml").read_text("utf-8"))["step"]
    with stage.show(number, count) as show:
        shutil.copytree(recipe, show.folder, ignore=NOT_LAID, dirs_exist_ok=True)
        yield show
