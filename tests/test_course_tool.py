"""The other verbs of the tool, and what it says about mistakes."""

import ast
import re
import subprocess
import sys
from collections import Counter

import pytest
from conftest import course

from course import testing
from course.steps import ROOT, find_step


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "6"], 'There is no step "6". The steps are: 01 02 03 04 05.'),
        (["run", "03", "--wsgi"], "python3 -m course run 02 --wsgi"),
        (["run", "02", "--threads", "4"], "run 02 --wsgi --threads 4"),
        (["run", "--servers", "2"], "python3 -m course run 03 --servers 2"),
        (["diff", "03", "9"], 'There is no step "9"'),
        (["diff", "03", "04", "chat/no.py"], 'Neither step has a file "chat/no.py"'),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_traceback(arguments, says):
    result = course(*arguments)
    assert result.returncode == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_doctor_tells_a_wrong_folder_from_a_wrong_project():
    result = course("doctor", "no-such-folder")
    assert result.returncode == 2
    assert "no-such-folder" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments", [["frob"], ["run", "--port", "80"], ["list", "--all"], []]
)
def test_an_unknown_word_shows_how_to_say_it(arguments):
    result = course(*arguments)
    assert result.returncode == 2
    assert "usage: python3 -m course" in result.stderr


def test_list_shows_each_step_with_its_question():
    printed = course("list").stdout
    for step in testing.load_steps():
        assert step.folder in printed
        assert step.question in printed


@pytest.mark.parametrize(
    "name", ["3", "03", "03-inmemory-layer", "steps/03-inmemory-layer/"]
)
def test_a_step_can_be_named_in_every_sensible_way(name):
    assert find_step(name).number == "03"


def test_diff_shows_what_one_step_changes_and_leaves_the_readme_out():
    printed = course("diff", "03", "04").stdout
    assert "+++ b/config/settings.py" in printed
    assert '+        "BACKEND": "channels_redis.core.RedisChannelLayer",' in printed
    assert "b/README.md" not in printed
    assert re.search(r"\d+ files, \d+ lines added, \d+ removed\.", printed)


def test_diff_shows_one_file_if_asked():
    printed = course("diff", "03", "04", "requirements.txt").stdout
    assert "settings.py" not in printed
    assert "+channels-redis~=4.3" in printed


def test_diff_of_two_steps_passes_over_what_is_no_text():
    printed = course("diff", "04", "05").stdout
    assert re.search(r"Binary file locale/\S+\.mo differs", printed)
    assert "+++ b/chat/hub.py" in printed


def test_doctor_looks_at_the_machine():
    printed = course("doctor").stdout
    assert "Python 3." in printed
    assert "a project of your own".lower() in printed.lower()


def test_doctor_finds_an_address_of_no_redis():
    result = course("doctor", REDIS_URL="redis://127.0.0.1:1")
    assert result.returncode == 1
    assert "Nothing answers at 127.0.0.1:1, where REDIS_URL points" in result.stdout


def test_doctor_finds_nothing_that_will_not_work_in_our_own_last_step():
    result = course("doctor", "steps/05-final")
    assert result.returncode == 0
    assert "Nothing found." in result.stdout


@pytest.mark.parametrize(
    "file",
    ["course/__init__", "course/__main__", "course/old_python", "tools/__init__"]
    + ["tools/__main__"],
)
def test_what_starts_first_can_be_read_by_an_old_python(file):
    source = (ROOT / f"{file}.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 4))
    assert "f'" not in source
    assert 'f"' not in source


@pytest.mark.parametrize("program", ["course", "tools"])
def test_an_old_python_gets_a_sentence_before_anything_else_is_imported(program):
    """The order of the imports decides, so this is a new process, told that it is old."""
    script = (
        "import runpy, sys; sys.version_info = (3, 9, 1, 'final', 0);"
        f" sys.modules['{program}.cli'] = None;"
        f" runpy.run_module('{program}', run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert result.stderr.startswith("The course needs Python 3.11 or newer; this is")
    assert "Python 3.9" in result.stderr
    assert "Traceback" not in result.stderr


def test_in_ci_a_skipped_test_is_a_failure(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(testing, "LEFT_OUT", tmp_path / "none")
    totals = Counter(passed=3, skipped=1)
    monkeypatch.delenv("CI", raising=False)
    assert testing.conclude(totals, {0}) == 0
    monkeypatch.setenv("CI", "true")
    assert testing.conclude(totals, {0}) == 1
    assert capsys.readouterr().out.endswith("3 passed, 0 failed, 1 skipped\n")


def test_a_run_without_any_test_is_no_success(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    assert testing.conclude(Counter(), {testing.NOTHING_COLLECTED}) == 1


def test_the_last_line_says_which_tests_were_left_out(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(testing, "LEFT_OUT", tmp_path / "left-out.txt")
    testing.LEFT_OUT.write_text("83\n")
    assert testing.conclude(Counter(passed=3), {0}) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("3 passed, 0 failed, 83 left out because they are slow")
    assert last.endswith("--all runs them too")


@pytest.mark.parametrize(
    ("everything", "ci", "leaves_out"),
    [(False, "", True), (True, "", False), (False, "true", False)],
)
def test_slow_tests_run_on_request_and_in_ci(
    monkeypatch, tmp_path, everything, ci, leaves_out
):
    monkeypatch.setattr(testing, "LEFT_OUT", tmp_path / "none")  # not the real one
    asked = []

    def pytest_run(name, folder, options, env, *, at_once=True):
        asked.append(options)
        return 0, Counter(passed=1)

    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(testing, "run_pytest", pytest_run)
    assert testing.run_tests(None, ["-k", "x"], everything=everything) == 0
    assert ("not slow" in asked[-1]) == leaves_out
    assert len(asked) == 6
