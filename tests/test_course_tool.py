"""The other verbs of the tool, and what it says about mistakes."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from conftest import copy_course

from course import compare, environment, testing
from course.steps import ROOT, find_step


def course(*arguments: str, folder: Path = ROOT, **env: str):
    command = [sys.executable, "-m", "course", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONUTF8": "1"} | env,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "6"], 'There is no step "6". The steps are: 01 02 03 04 05.'),
        (["run", "03", "--wsgi"], "python3 -m course run 02 --wsgi"),
        (["run", "02", "--threads", "4"], "run 02 --wsgi --threads 4"),
        (["run", "--servers", "2"], "python3 -m course run 03 --servers 2"),
        (["diff", "03", "9"], 'There is no step "9"'),
        (["diff", "03", "04", "chat/no.py"], 'Neither step has a file "chat/no.py"'),
        (["carry", "README.md"], "README.md is no file of a step"),
        (["doctor", "no-such-folder"], "no-such-folder"),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_traceback(arguments, says):
    result = course(*arguments)
    assert result.returncode == 1
    assert says in result.stderr
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
    assert "README.md" not in printed
    assert re.search(r"\d+ files, \d+ lines added, \d+ removed\.", printed)


def test_diff_shows_one_file_if_asked():
    printed = course("diff", "03", "04", "requirements.txt").stdout
    assert "settings.py" not in printed
    assert "+channels-redis~=4.3" in printed


def test_diff_of_two_steps_passes_over_what_is_no_text():
    printed = course("diff", "04", "05").stdout
    assert re.search(r"Binary file locale/\S+\.mo differs", printed)
    assert "+++ b/chat/fanout.py" in printed


@pytest.fixture
def clone(tmp_path):
    """A copy of the course with a history of its own."""
    copy_course(tmp_path)
    git = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_carry_copies_a_fix_into_every_later_step_that_had_the_same_file(clone):
    fixed = "steps/01-http-polling/chat/static/chat/chat.css"
    edit(clone / fixed, "margin: 0;", "margin: 1px;")
    result = course("carry", fixed, folder=clone)
    assert result.returncode == 0
    assert result.stdout.splitlines() == [
        "02  copied",
        "03  copied",
        "04  copied",
        "05  copied",
    ]
    copies = {
        path.read_bytes() for path in clone.glob("steps/*/chat/static/chat/chat.css")
    }
    assert len(copies) == 1
    assert course("carry", fixed, folder=clone).stdout.count("has it already") == 4


def test_carry_merges_a_fix_where_a_later_step_differs(clone):
    last = clone / "steps/05-final/chat/server.py"
    last.write_text(f"{last.read_text('utf-8')}\n# only in the last step\n", "utf-8")
    fixed = "steps/03-inmemory-layer/chat/server.py"
    edit(clone / fixed, "Which server process this is.", "Who serves.")
    result = course("carry", fixed, folder=clone)
    assert result.stdout.splitlines() == ["04  copied", "05  merged"]
    assert "Who serves." in last.read_text("utf-8")
    assert "# only in the last step" in last.read_text("utf-8")


def test_carry_leaves_a_collision_to_a_person(clone):
    layer = '"BACKEND": "channels.layers.InMemoryChannelLayer"'
    settings = "steps/03-inmemory-layer/config/settings.py"
    edit(clone / settings, layer, '"BACKEND": "mine"')
    before = (clone / "steps/04-redis-layer/config/settings.py").read_bytes()
    result = course("carry", settings, folder=clone)
    assert result.returncode == 1
    assert "04  CONFLICT: change steps/04-redis-layer" in result.stdout
    after = (clone / "steps/04-redis-layer/config/settings.py").read_bytes()
    assert after == before


def test_carry_says_when_there_is_nothing_to_carry(clone):
    result = course("carry", "steps/03-inmemory-layer/chat/groups.py", folder=clone)
    assert "has not changed since the last commit" in result.stderr
    (clone / "steps/01-http-polling/chat/new.py").write_text("")
    result = course("carry", "steps/01-http-polling/chat/new.py", folder=clone)
    assert "nothing to compare with" in result.stderr


def test_carry_passes_over_steps_that_have_no_such_file(clone):
    edit(clone / "steps/01-http-polling/chat/bell.py", "A bell", "The bell")
    result = course("carry", "steps/01-http-polling/chat/bell.py", folder=clone)
    assert "03  has no such file" in result.stdout


def test_doctor_looks_at_the_machine():
    printed = course("doctor").stdout
    assert "Python 3." in printed
    assert "a project of your own".lower() in printed.lower()


def test_doctor_finds_an_address_of_no_redis():
    result = course("doctor", REDIS_URL="redis://127.0.0.1:1")
    assert result.returncode == 1
    assert "Nothing answers where the variable REDIS_URL points" in result.stdout


def test_doctor_finds_nothing_that_will_not_work_in_our_own_last_step():
    result = course("doctor", "steps/05-final")
    assert result.returncode == 0
    assert "0 that will not work" in result.stdout


def test_the_first_file_can_be_read_by_an_old_python():
    source = (ROOT / "course" / "__main__.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 4))
    assert "f'" not in source
    assert 'f"' not in source


def test_an_old_python_gets_a_sentence(monkeypatch):
    import runpy

    monkeypatch.setattr(sys, "version_info", (3, 9, 1, "final", 0))
    with pytest.raises(
        SystemExit, match="needs Python 3.11 or newer; this is Python 3.9"
    ):
        runpy.run_path(str(ROOT / "course" / "__main__.py"))


def test_the_lock_pins_everything_that_the_groups_ask_for():
    locked = {
        line.partition("==")[0] for line in environment.LOCK.read_text().splitlines()
    }
    for group in tomllib.loads((ROOT / "pyproject.toml").read_text())[
        "dependency-groups"
    ]:
        for requirement in environment.requirements_of(group):
            assert environment.normal_name(requirement) in locked


def test_pre_commit_and_the_lock_name_the_same_versions():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    for name, version in environment.locked_versions():
        if name in {"ruff", "djade"}:
            assert re.search(
                rf"{name}-pre-commit\n +rev: v?{re.escape(version)}\n", hooks
            )


def test_an_environment_that_lacks_a_package_or_has_another_version_is_not_used():
    assert environment.has_everything(["django~=5.2"])
    assert not environment.has_everything(["django~=5.2", "no-such-package"])
    assert environment.has_everything(["no-such-package; sys_platform == 'plan9'"])


def test_in_ci_a_skipped_test_is_a_failure(monkeypatch, capsys):
    totals = Counter(passed=3, skipped=1)
    monkeypatch.delenv("CI", raising=False)
    assert testing.conclude(totals, {0}) == 0
    monkeypatch.setenv("CI", "true")
    assert testing.conclude(totals, {0}) == 1
    assert capsys.readouterr().out.endswith("3 passed, 0 failed, 1 skipped\n")


def test_a_run_without_any_test_is_no_success(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    assert testing.conclude(Counter(), {testing.NOTHING_COLLECTED}) == 1


def test_files_that_running_leaves_behind_belong_to_no_step(clone):
    (clone / "steps/01-http-polling/db.sqlite3").write_bytes(b"")
    (clone / "steps/01-http-polling/__pycache__").mkdir(exist_ok=True)
    assert "db.sqlite3" not in compare.files_of(find_step("01"))
