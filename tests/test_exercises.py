"""The exercises: complete, and with checks that can be trusted."""

import ast
import re
import shutil
from collections import Counter
from dataclasses import fields, replace

import pytest

from course.errors import CourseError
from course.exercise import catalogue, checking, copies
from course.exercise.catalogue import EXERCISES, KINDS, load, load_tracks
from course.steps import ROOT, find_step
from tools.exercises import incomplete, problem_with, verify

ALL = load()
# How many each track has at least.
LEAST = {
    "01": 4,
    "02": 4,
    "03": 4,
    "04": 4,
    "05": 8,
    "build": 11,
    "own": 3,
    "graded": 2,
}
# Larger, with a rubric, and without a published solution.
UNSOLVED = {"own", "graded"}

each_exercise = pytest.mark.parametrize("exercise", ALL, ids=lambda one: one.name)


def one_is_quick(exercise):
    """Return an exercise as a parameter: all but one are slow, and left to CI."""
    marks = [] if exercise.name == "03-typing" else [pytest.mark.slow]
    return pytest.param(exercise, id=exercise.name, marks=marks)


@pytest.mark.parametrize("exercise", [one_is_quick(one) for one in ALL])
def test_the_checks_refuse_the_start_and_each_wrong_solution_and_accept_each_right_one(
    exercise,
):
    assert verify(exercise) == []


def test_every_lesson_has_enough_exercises_of_every_kind():
    counted = Counter(exercise.track for exercise in ALL)
    assert {track: counted[track] >= least for track, least in LEAST.items()} == (
        dict.fromkeys(LEAST, True)
    )
    assert len(ALL) >= 32
    assert {exercise.kind for exercise in ALL} == set(KINDS)


def test_every_folder_is_in_the_list_once():
    listed = [name for track in load_tracks() for name in track.exercises]
    folders = [path.parent.name for path in EXERCISES.glob("*/exercise.toml")]
    assert sorted(listed) == sorted(folders)


@each_exercise
def test_an_exercise_says_what_to_do_where_and_for_how_long(exercise):
    assert exercise.task
    assert len(exercise.hints) >= 2
    assert exercise.difficulty in {1, 2, 3}
    assert 2 <= exercise.minutes <= (180 if exercise.track in UNSOLVED else 25)
    assert exercise.files
    if exercise.track in UNSOLVED:
        assert not exercise.solution
        assert exercise.text("rubric.md")
    else:
        assert exercise.solution in exercise.right
        assert exercise.reason


@each_exercise
def test_an_exercise_needs_what_its_step_needs(exercise):
    """Or its copy can't be opened."""
    if exercise.step and "redis" in find_step(exercise.step).needs:
        assert "redis" in exercise.needs


@each_exercise
def test_a_task_fits_on_the_screen_with_its_checks(exercise):
    lines = exercise.task.splitlines()
    longest = 45 if exercise.track in {"build", *UNSOLVED} else 30
    assert len(lines) <= longest, (
        "a task is read beside an editor, with the checks below"
    )


@each_exercise
def test_what_a_student_finds_to_write_is_marked(exercise, tmp_path):
    """A TODO, or a question without an answer; what is to be fixed shows no such mark."""
    if exercise.track in {"build", *UNSOLVED}:
        return
    start = copies.built_files(lambda folder: copies.build_start(exercise, folder))
    marked = [path for path, content in start.items() if b"TODO" in content]
    if exercise.kind == "fix":
        assert marked == []
    else:
        assert set(marked) <= set(exercise.files)
        assert marked
    for file in exercise.files:
        assert file in start or exercise.kind != "fix", file


@each_exercise
def test_every_check_has_a_sentence_and_every_failure_too(exercise):
    tree = ast.parse(exercise.checks.read_text("utf-8"))
    for node in ast.walk(tree):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node.name.startswith("test_"):
            sentence = (ast.get_docstring(node) or "").splitlines()[:1]
            assert sentence, node.name
            assert sentence[0].endswith((".", "?", "!", "”", '"')), sentence
            bare = [one for one in ast.walk(node) if isinstance(one, ast.Assert)]
            assert not bare, f"{node.name}: use expect()"


def test_every_text_is_free_of_this_machine():
    for path in EXERCISES.rglob("*"):
        if path.is_file() and path.suffix in {".md", ".toml", ".py"}:
            assert not re.search(r"/(home|root|tmp|work)/", path.read_text("utf-8")), (
                path
            )


# ---- The checks of the checks: what they must find -----------------------------------------


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """A copy of one exercise, whose files a test may spoil."""
    folder = tmp_path / "exercises"
    shutil.copytree(EXERCISES / "03-typing", folder / "03-typing")
    shutil.copy(EXERCISES / "pytest.ini", folder)
    monkeypatch.setattr(catalogue, "EXERCISES", folder)
    monkeypatch.setattr(copies, "ROOT", tmp_path)
    original = next(one for one in ALL if one.name == "03-typing")
    return replace(original)


def verdict(exercise, variant):
    """Return what `verify` says of one solution."""
    with checking.environment_for(exercise) as env:
        return problem_with(exercise, variant, env)


def test_a_check_that_passes_everything_is_found(sample):
    sample.checks.write_text('def test_all():\n    """All is well."""\n')
    assert "start passes, but must not." in verdict(sample, sample.start)
    wrong = sample.wrong["to-everyone"]
    assert "wrong/to-everyone passes, but must not." in verdict(sample, wrong)


def test_a_check_that_refuses_a_right_solution_is_found(sample):
    text = sample.checks.read_text("utf-8")
    strict = (
        '\n\ndef test_name():\n    """The handler has our name."""\n'
        '    source = open("chat/consumers.py").read()\n'
        '    expect("chat_typing" in source, "Call it chat_typing.")\n'
    )
    sample.checks.write_text(text + strict, "utf-8")
    other = next(one for one in sample.right.values() if one.name != sample.solution)
    found = verdict(sample, other)
    assert "must pass, but doesn't. test_name: Call it chat_typing." in found


def test_a_wrong_solution_that_fails_for_another_reason_is_found(sample):
    wrong = replace(sample.wrong["to-everyone"], rejected_by="test_another")
    assert "fails first, not test_another" in verdict(sample, wrong)


def test_a_wrong_solution_whose_author_reads_another_sentence_is_found(sample):
    wrong = replace(sample.wrong["to-everyone"], says="Caio heard it")
    assert '"Caio heard it" is not in' in verdict(sample, wrong)


def test_too_few_solutions_are_found(sample):
    for path in (sample.path / "right").glob("*.toml"):
        if path.stem != sample.solution:
            path.unlink()
    assert "two right solutions" in "\n".join(incomplete(sample))


def test_a_step_that_has_changed_under_an_exercise_is_named(sample):
    path = sample.path / "start.toml"
    change = "[[change]]\nfile = 'chat/consumers.py'\nold = 'gone'\nnew = ''\n"
    path.write_text(change, "utf-8")
    with pytest.raises(
        CourseError, match=r"exercises/03-typing/start.toml no longer fits"
    ):
        verdict(sample, sample.start)


def test_the_readme_explains_every_key():
    readme = (ROOT / "exercises" / "README.md").read_text("utf-8")
    keys = {one.name for one in fields(catalogue.Exercise)} - {"name", "track"}
    assert {key for key in keys if f"`{key}`" not in readme} == set()
