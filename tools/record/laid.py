"""Recipes on the stage: a step with the files of a recipe laid over it."""

import contextlib
from collections.abc import Iterator

from tools import recipes
from tools.record.stage import Show, Stage


@contextlib.contextmanager
def laid(stage: Stage, name: str, count: int = 1) -> Iterator[Show]:
    """Give a clone of the course in which a recipe is laid over its step."""
    recipe = recipes.find(name)
    with stage.show(recipe.step, count, recipe) as show:
        yield show
