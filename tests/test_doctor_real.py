"""Projects that weren't made for the doctor: the steps, the recipes, a tutorial, and two older ones.

Each finding here is one that we can defend; everything else in them is left alone.
"""

import pytest

from course.steps import load_steps
from tests.doctor_projects import PROJECTS, ROOT, copy
from tools import recipes

STEPS = {
    # Step 03 ends in this very problem.
    "03-inmemory-layer": {"in-memory"},
}
RECIPES = {
    "database-under-asgi": {
        "no-layer",
        "no-handler",
    },  # a part to copy, without its chat
    # Its consumers are wrong on purpose, next to the right one.
    "handlers-that-never-return": {"endless-loop"},
}
REAL = {
    # The official tutorial of Channels, after its third part.
    "channels-tutorial": {
        "group-name",
        "room-pattern",
        "receive-signature",
        "json-trusted",
        "hard-coded-ws",
        "requirements-none",
    },
    "sala-de-bate-papo": {
        "requirements-utf16",
        "daphne-old",
        "redis-unpinned",
        "daphne-by-hand",
        "in-memory-unused-redis",
        "routing-before-apps",
        "no-origin-check",
        "room-pattern",
        "group-name",
        "receive-signature",
        "json-trusted",
        "mark-safe",
        "hard-coded-ws",
    },
    "django-channels-websocket": {
        "conflict",
        "windows-only",
        "requirements-utf16",
        "readme-install",
        "redis-unmentioned",
        "routing-before-apps",
        "template-missing",
        "channels-old",
        "group-name",
        "room-pattern",
        "receive-signature",
        "json-trusted",
        "no-origin-check",
        "hard-coded-host",
        "hard-coded-ws",
    },
}


def names(folder):
    """Return the names of the doctor's findings."""
    from channels_doctor import examine

    return {finding.name for finding in examine(folder)}


@pytest.mark.parametrize("step", load_steps(), ids=lambda step: step.folder)
def test_the_steps_have_what_they_teach(step):
    assert names(ROOT / "steps" / step.folder) == STEPS.get(step.folder, set())


@pytest.mark.parametrize("recipe", recipes.load(), ids=lambda recipe: recipe.name)
def test_a_recipe_has_what_its_step_has(recipe, tmp_path):
    of_the_step = names(ROOT / "steps" / recipes.find_step(recipe.step).folder)
    expected = of_the_step | RECIPES.get(recipe.name, set())
    assert names(recipe.lay(tmp_path)) == expected


@pytest.mark.parametrize("name", REAL)
def test_a_project_that_others_wrote(name, tmp_path):
    # Away from this repository, whose requirements are above it.
    copy(PROJECTS / "_real" / name / "project", tmp_path)
    assert names(tmp_path) == REAL[name]


def test_what_does_not_work_comes_before_what_does():
    """Nothing that merely may hurt later stands above what keeps a project from starting."""
    from channels_doctor.advice import ADVICE
    from channels_doctor.finding import Stage

    at_start = {name for name, one in ADVICE.items() if one.stage == Stage.START}
    assert {ADVICE[name].level for name in at_start} == {"wrong"}
