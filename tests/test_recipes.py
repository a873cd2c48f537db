"""Each recipe, laid over a copy of its step: its own tests pass there."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import refuse
from pythons import pythons

from course import compare
from course.environment import python_of
from course.steps import ROOT, find_step

RECIPES = ROOT / "recipes"
NAMES = sorted(path.parent.name for path in RECIPES.glob("*/recipe.toml"))


def recipe(name: str) -> dict:
    """Return what a recipe says about itself."""
    return tomllib.loads((RECIPES / name / "recipe.toml").read_text("utf-8"))


def files_of(name: str) -> dict[str, bytes]:
    """Return the files of a recipe: path inside the step, and content."""
    folder = RECIPES / name
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in compare.NOT_OURS
        if path.name != "recipe.toml"
    }


def lay(name: str, folder: Path) -> Path:
    """Copy a recipe's step, and lay the recipe over it."""
    compare.copy(find_step(recipe(name)["step"]), folder)
    for path, content in files_of(name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def run_tests_of(name: str, folder: Path, python: Path, redis_url: str | None) -> None:
    """Run a recipe's tests in a folder that it has been laid over."""
    tests = [path for path in files_of(name) if path.startswith("tests/test_")]
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    env = os.environ | {"PYTHONUTF8": "1"}
    if redis_url:
        env["REDIS_URL"] = redis_url
    tested = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, encoding="utf-8"
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed in" in tested.stdout
    assert " skipped" not in tested.stdout, tested.stdout


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "python" not in recipe(name)]
)
def test_a_recipe_passes_its_tests_over_its_step(name, tmp_path, request):
    url = None
    if "redis" in recipe(name).get("needs", []):
        url = request.getfixturevalue("redis_url")
    run_tests_of(name, lay(name, tmp_path / name), Path(sys.executable), url)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if "python" in recipe(name)])
def test_a_recipe_for_newer_versions_passes_its_tests_with_its_own_requirements(
    name, tmp_path, redis_url
):
    wanted = tuple(map(int, recipe(name)["python"].split(".")))
    newest = max(pythons())
    if newest < wanted:
        refuse(f"This recipe needs Python {recipe(name)['python']} or newer.")
    folder = lay(name, tmp_path / name)
    python = python_of(tmp_path / "venv")
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    for command in (
        [pythons()[newest], "-m", "venv", "--without-pip", str(tmp_path / "venv")],
        [uv, "pip", "install", "-q", "--python", str(python), "-r", "requirements.txt"],
    ):
        made = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if made.returncode:
            refuse(f"The packages cannot be fetched: {made.stderr}")
    run_tests_of(name, folder, python, redis_url)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_names_the_files_of_the_step_that_it_changes(name):
    of_the_step = compare.files_of(find_step(recipe(name)["step"]))
    ours = files_of(name)
    replaced = sorted(set(ours) & set(of_the_step))
    assert replaced == sorted(recipe(name)["changes"])
    same = [path for path in replaced if ours[path] == of_the_step[path]]
    assert same == [], "These are the same as in the step, so the recipe needs no copy."


def test_a_new_file_that_two_recipes_share_is_the_same_in_both():
    seen: dict[str, bytes] = {}
    for name in NAMES:
        for path, content in files_of(name).items():
            if path in ("chat/tokens.py", "chat/management/commands/token.py"):
                assert seen.setdefault(path, content) == content, f"{name}: {path}"
    assert len(seen) == 2


def test_the_readme_lists_every_recipe_with_its_step():
    readme = (RECIPES / "README.md").read_text("utf-8")
    rows = [line.split("|") for line in readme.splitlines() if line.startswith("| `")]
    listed = {row[1].strip(" `"): row[3].strip() for row in rows if len(row) == 5}
    assert listed == {name: recipe(name)["step"] for name in NAMES}
