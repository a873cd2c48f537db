"""The steps as a series: each changes what it says it changes, and stands alone."""

import ast
import tomllib
from itertools import pairwise

import pytest
from conftest import STEPS

from course import compare, servers
from course.steps import STEPS as FOLDER

PAIRS = list(pairwise(STEPS))
ids = [f"{before.number}-{after.number}" for before, after in PAIRS]


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=ids)
def test_neighbours_differ_only_where_declared(before, after):
    changed = compare.changed_files(before, after)
    assert changed == sorted(after.changes), (
        "Declare the difference in steps/steps.toml, or carry the fix along:"
        " python3 -m tools carry FILE"
    )


@pytest.mark.parametrize("name", ["chat.css", "panel.js", "wire.js"])
def test_the_style_and_the_wire_panel_are_the_same_files_in_every_step(name):
    path = f"chat/static/chat/{name}"
    assert len({compare.files_of(step)[path] for step in STEPS}) == 1


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)
def test_a_step_names_no_step_in_its_code(step):
    for path, content in compare.files_of(step).items():
        if not path.endswith(".md"):
            assert step.folder.encode() not in content, path


@pytest.mark.parametrize("number", ["04", "05"])
def test_whoever_uses_the_redis_layer_pins_redis_below_8(number):
    (step,) = [step for step in STEPS if step.number == number]
    lines = (step.path / "requirements.txt").read_text().splitlines()
    (pin,) = [line for line in lines if line.startswith("redis")]
    requirement, _, reason = pin.partition("#")
    assert requirement.strip() == "redis<8"
    assert reason


def test_every_step_asks_for_the_same_django_and_says_why():
    for step in STEPS:
        first = (step.path / "requirements.txt").read_text().splitlines()[0]
        requirement, _, reason = first.partition("#")
        assert requirement.strip() == "django~=5.2.0"
        assert "long-term support" in reason


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)
def test_no_model_has_changed_without_a_migration(step, redis_url):
    env = servers.environment_of(step, redis_url)
    said = servers.manage(step.path, env, "makemigrations", "--check", "--dry-run")
    assert "No changes detected" in said


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)
def test_python_files_of_a_step_say_why_they_exist(step):
    for path in step.path.rglob("*.py"):
        source = path.read_text("utf-8")
        if source.strip() and "migrations" not in path.parts:
            assert ast.get_docstring(ast.parse(source)), path


def test_the_manifest_describes_exactly_the_folders_that_there_are():
    folders = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
    assert folders == [step.folder for step in STEPS]
    assert tomllib.loads((FOLDER / "steps.toml").read_text("utf-8"))


@pytest.mark.parametrize("step", STEPS[:-1], ids=lambda step: step.folder)
@pytest.mark.parametrize(
    ("zone", "offset"), [("Asia/Kathmandu", "+0545"), ("nowhere", None)]
)
def test_the_log_tells_the_time_of_the_machine(step, zone, offset):
    """Without a TIME_ZONE, Django would tell that of Chicago."""
    question = (
        "import time; from django.utils import timezone; print(time.strftime('%z'),"
        " timezone.localtime().strftime('%z'))"
    )
    said = servers.manage(step.path, {"TZ": zone}, "shell", "-v0", "-c", question)
    log, page = said.split()
    assert log == page  # an error page would not come with a zone that is none
    if offset:
        assert log == offset
