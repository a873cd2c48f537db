"""The exercises: each one is open, each solution solves it, and nothing else breaks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course import compare
from course.steps import ROOT, find_step

EXERCISES = sorted(path for path in (ROOT / "exercises").iterdir() if path.is_dir())
PAGES = ROOT / "docs" / "en" / "lessons"
FAILED = 1  # pytest's exit code when tests ran and some failed

each_exercise = pytest.mark.parametrize(
    "exercise", EXERCISES, ids=[path.name for path in EXERCISES]
)


@pytest.fixture
def step(exercise, tmp_path):
    """A copy of the step that an exercise starts from, with the test in it."""
    step = find_step(exercise.name[:2])
    folder = compare.copy(step, tmp_path / "steps" / step.folder)
    test = (exercise / "test_exercise.py").read_text("utf-8")
    (folder / "tests" / "test_exercise.py").write_text(test, "utf-8")
    return folder


@pytest.fixture
def env(exercise, request):
    """The variables of the step's tests, with a Redis where the step needs one."""
    step = find_step(exercise.name[:2])
    if "redis" not in step.needs:
        return dict(os.environ)
    url = request.getfixturevalue("redis_url")
    return os.environ | {"REDIS_URL": f"{url}/{int(step.number)}"}


@each_exercise
def test_an_exercise_is_open_and_its_solution_solves_it_and_breaks_nothing(
    exercise, step, env
):
    before = run_pytest(step, env, "tests/test_exercise.py")
    assert before.returncode == FAILED, before.stdout
    solve(exercise, step)
    after = run_pytest(step, env)
    assert after.returncode == 0, after.stdout


@each_exercise
def test_an_exercise_has_a_task_a_hint_and_a_place_in_its_lesson(exercise):
    readme = (exercise / "README.md").read_text("utf-8")
    number = exercise.name[:4]
    assert readme.startswith(f"# {number}: ")
    assert "## Hint" in readme
    lesson = (PAGES / f"{find_step(number[:2]).folder}.md").read_text("utf-8")
    assert f"::: code exercises/{exercise.name}/solution.patch" in lesson
    assert f"git apply exercises/{exercise.name}/solution.patch" in lesson + readme
    for text in (readme, lesson):
        assert f"cp exercises/{exercise.name}/test_exercise.py steps/" in text
    for command in re.findall(r"^cp .*$", readme, re.MULTILINE):
        assert command in lesson


def solve(exercise: Path, step: Path) -> None:
    """Apply the solution, as its lesson says."""
    root = step.parent.parent
    # Not in a repository of whoever runs this: git would look for the paths there.
    alone = {"GIT_CEILING_DIRECTORIES": str(root.parent)}
    command = ["git", "apply", str(exercise / "solution.patch")]
    subprocess.run(command, cwd=root, env=os.environ | alone, check=True)


def run_pytest(
    step: Path, env: dict[str, str], *options: str
) -> subprocess.CompletedProcess:
    """Run the tests of the copy."""
    command = [sys.executable, "-m", "pytest", "-q", *options]
    return subprocess.run(command, cwd=step, env=env, capture_output=True, text=True)
