"""`course doctor`, the day before a class: one line to send back, green or red."""

import re
import shutil

import pytest
from conftest import ROOT

from course import doctor, environment, readiness, redis_server
from course.doctor import Finding

READY = re.compile(
    r"Ready: Python 3\.\d+\.\d+, .+, .*Redis.*, 5 of 5 steps · [0-9a-f]{4}"
)


@pytest.fixture
def said(monkeypatch, capsys):
    """Return what the doctor prints about these findings: its last line."""

    def last_line(*findings):
        monkeypatch.setattr(doctor, "examinations", lambda: iter(findings))
        doctor.examine_machine()
        return capsys.readouterr().out.splitlines()[-1]

    return last_line


# Another test worker may be writing bytecode, and a copy of it could fail.
NO_BYTECODE = shutil.ignore_patterns("__pycache__")

LOADED = [Finding("good", f"step 0{number} loads") for number in range(1, 6)]
BUSY = Finding("risk", "port 8001 is busy (python)", "Stop it.", "port 8001 is busy")
BROKEN = Finding(
    "wrong", "step 03 does not load", "SyntaxError", "step 03 does not load"
)
NEW_PYTHON = Finding("risk", "Python 3.15.0 is newer than the course", "Use 3.14.")


def test_a_machine_that_has_everything_is_ready(said, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379")
    assert READY.fullmatch(said(*LOADED))


def test_what_only_disturbs_does_not_make_a_machine_unready(said):
    assert said(NEW_PYTHON, *LOADED).startswith("Ready: ")


def test_the_line_names_the_first_thing_to_fix(said):
    line = said(NEW_PYTHON, BUSY, BROKEN, *LOADED[:4])
    assert line.startswith("Not ready: port 8001 is busy. (Python 3.")
    assert "4 of 5 steps" in line


def test_the_line_is_green_or_red_on_a_terminal_only(said, monkeypatch):
    assert "\033" not in said(*LOADED)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert readiness.line("", 5).startswith("\033[1;32mReady")
    assert readiness.line("port 8001 is busy", 5).startswith("\033[1;31mNot ready")
    monkeypatch.setenv("NO_COLOR", "1")
    assert readiness.line("", 5).startswith("Ready")


def test_without_the_packages_the_line_says_what_to_run(monkeypatch):
    monkeypatch.setattr(environment, "has_everything", lambda wanted: False)
    (found,) = doctor.examine_packages()
    assert "run python3 -m course run once" in found.stops
    assert list(doctor.examine_steps()) == []  # nothing to load them with


def test_on_windows_the_line_says_py(said, monkeypatch):
    monkeypatch.setattr("course.errors.os.name", "nt")
    stops = "the packages are not installed yet; run python3 -m course run once"
    assert "run py -m course run once" in said(
        Finding("risk", "no packages", "", stops)
    )


def test_the_stand_in_of_windows_is_named(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    stand_in = redis_server.Program("stand-in", ("python",), is_stand_in=True)
    monkeypatch.setattr(redis_server, "find_program", lambda: stand_in)
    assert readiness.redis_kind() == "Redis stand-in"


def test_a_password_in_redis_url_is_not_sent_back(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://:secret@192.168.1.20:6379")
    assert "secret" not in readiness.line("", 5)


def test_the_five_steps_load(redis_url, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_url)
    assert readiness.try_steps() == dict.fromkeys(("01", "02", "03", "04", "05"), "")


def test_without_a_redis_the_steps_that_need_one_are_not_tried(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setattr(readiness, "problem_of_step", lambda step, url: "")
    assert readiness.try_steps() == {
        "01": "",
        "02": "",
        "03": "",
        "04": None,
        "05": None,
    }


def test_a_step_with_a_typing_mistake_is_named_with_its_error(tmp_path, monkeypatch):
    step = next(one for one in readiness.load_steps() if one.number == "03")
    shutil.copytree(step.path, tmp_path / step.folder, ignore=NO_BYTECODE)
    views = tmp_path / step.folder / "chat" / "views.py"
    views.write_text(views.read_text("utf-8") + "\nreturn 1\n", "utf-8")
    monkeypatch.setattr("course.steps.STEPS", tmp_path)
    assert readiness.problem_of_step(step, None).startswith("SyntaxError")


@pytest.fixture
def clone_of_course(tmp_path, monkeypatch):
    """What the version is made from, in a folder of its own."""
    shutil.copytree(ROOT / "course", tmp_path / "course", ignore=NO_BYTECODE)
    (tmp_path / "steps").mkdir()
    shutil.copy(ROOT / "steps" / "steps.toml", tmp_path / "steps")
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    monkeypatch.setattr(readiness, "ROOT", tmp_path)
    monkeypatch.setattr(readiness, "STEPS", tmp_path / "steps")
    monkeypatch.setattr(readiness, "LOCK", tmp_path / "requirements.txt")
    return tmp_path


def test_two_clones_of_one_version_have_one_name(clone_of_course, monkeypatch):
    here = readiness.version()
    for path in clone_of_course.rglob("*.py"):  # as Git may write them on Windows
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert readiness.version() == here
    monkeypatch.undo()
    assert readiness.version() == here


def test_an_older_clone_has_another_name(clone_of_course):
    here = readiness.version()
    lock = clone_of_course / "requirements.txt"
    lock.write_text(lock.read_text("utf-8").replace("channels==4.3", "channels==4.2"))
    assert readiness.version() != here
