"""`--fix`: what it changes, what it leaves alone, and the way back."""

import os
import stat
import subprocess
import sys
from contextlib import suppress

import pytest

from channels_doctor import DoctorError
from channels_doctor.fixing import fix
from tests.doctor_scenes import SETTINGS, Edit, chat, find, finding, renaming, write

GIT = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org"]


def git(folder, *words):
    """Run git in a folder and return what it prints."""
    command = [*GIT, "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commit(folder):
    """Make a repository of a folder."""
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "chat")


def answering(*answers):
    """Return a person who gives these answers, in turn; then the input ends."""
    waiting = list(answers)

    def ask(question):
        assert question == "Make this change? [y/N/q] "
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    return ask


@pytest.fixture
def project(tmp_path):
    """A project in a folder of its own, so that a copy can stand beside it."""
    return chat(tmp_path / "school")


def settings_of(project):
    """Return the settings as bytes."""
    return (project / "mysite/settings.py").read_bytes()


def test_yes_makes_the_change_and_no_does_not(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    write(project, {"mysite/settings.py": 'A = "ana"\nB = "ana"\nC = "ana"\n'})
    assert fix(project, answering("n", "y", "")) is True
    assert settings_of(project) == b'A = "ana"\nB = "bia"\nC = "ana"\n'
    said = capsys.readouterr().out
    assert "1 change made. Left: 2 things that don't work." in said


def test_quitting_asks_no_more(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    write(project, {"mysite/settings.py": 'A = "ana"\nB = "ana"\n'})
    fix(project, answering("q"))
    assert settings_of(project) == b'A = "ana"\nB = "ana"\n'
    assert not os.path.lexists(f"{project}-before-doctor")


def test_each_change_is_made_to_the_text_as_it_is_by_then(project, monkeypatch):
    """A line more above moves all that is below it."""

    def check(it):
        source = it.sources["mysite/settings.py"]
        if "import os" not in source.text:
            edit = source.insert_before(1, "import os")
            yield finding(where="mysite/settings.py:1", edits=(edit,), is_certain=True)
        yield from renaming(it)

    find(monkeypatch, check)
    assert fix(project, answering("y", "y")) is False
    assert settings_of(project).decode() == "import os\n" + SETTINGS.replace(
        'ana"\n', 'bia"\n'
    ).replace("of-bia", "of-ana")


def test_what_is_not_certain_is_not_offered(project, monkeypatch, capsys):
    find(monkeypatch, finding(edits=(Edit("mysite/settings.py", 0, 0, "x"),)))
    assert fix(project, answering()) is True
    assert "none to offer" in capsys.readouterr().out


def test_without_git_a_copy_of_the_folder_comes_first(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    write(project, {".env": "A=1\n", ".venv/pyvenv.cfg": "", "node_modules/a.js": ""})
    fix(project, answering("y"))
    copy = project.with_name("school-before-doctor")
    assert settings_of(copy) == SETTINGS.encode()
    assert b"bia" in settings_of(project)
    assert (copy / ".env").exists()
    assert not (copy / ".venv").exists()
    assert not (copy / "node_modules").exists()
    assert str(copy) in capsys.readouterr().out


def test_an_older_copy_is_kept(project, monkeypatch):
    find(monkeypatch, renaming)
    older = write(project.with_name("school-before-doctor"), {"a.txt": "old"})
    fix(project, answering("y"))
    assert (older / "a.txt").read_text() == "old"
    assert settings_of(project.with_name("school-before-doctor-2")) == SETTINGS.encode()


def test_with_everything_committed_git_is_the_way_back(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    commit(project)
    fix(project, answering("y"))
    assert not os.path.lexists(f"{project}-before-doctor")
    assert f"To undo: git -C {project} restore ." in capsys.readouterr().out
    git(project, "restore", ".")
    assert settings_of(project) == SETTINGS.encode()


def test_work_that_is_not_committed_gets_a_copy(project, monkeypatch):
    find(monkeypatch, renaming)
    commit(project)
    write(project, {"notes.txt": "not committed"})
    fix(project, answering("y"))
    assert (project.with_name("school-before-doctor") / "notes.txt").exists()


def test_a_file_that_git_ignores_gets_a_copy(project, monkeypatch):
    find(monkeypatch, renaming)
    write(project, {".gitignore": "settings.py\n"})
    commit(project)
    fix(project, answering("y"))
    assert settings_of(project.with_name("school-before-doctor")) == SETTINGS.encode()


def test_no_program_that_the_repository_names_is_run(project, monkeypatch):
    find(monkeypatch, renaming)
    commit(project)
    trap = write(
        project.parent, {"trap.sh": '#!/bin/sh\ntouch "$(dirname $0)/sprung"\n'}
    )
    (trap / "trap.sh").chmod(0o755)
    git(project, "config", "core.fsmonitor", str(trap / "trap.sh"))
    fix(project, answering("y"))
    assert not (trap / "sprung").exists()


@pytest.mark.parametrize(
    "before",
    [
        b'\xef\xbb\xbfNAME = "ana"  # ol\xc3\xa1\r\n',
        b'NAME = "ana"\r\nX = 1\n',
        b'NAME = "ana"',
    ],
    ids=["byte order mark", "mixed line endings", "no last newline"],
)
def test_encoding_and_line_endings_stay(project, monkeypatch, before):
    find(monkeypatch, renaming)
    write(project, {"mysite/settings.py": before})
    fix(project, answering("y"))
    assert settings_of(project) == before.replace(b"ana", b"bia")


def test_utf16_stays_utf16(project, monkeypatch):
    def check(it):
        source = it.sources["requirements.txt"]
        if "chanels" in source.text:
            edit = source.replace_text(1, "chanels", "channels")
            yield finding(where="requirements.txt:1", edits=(edit,), is_certain=True)

    find(monkeypatch, check)
    write(project, {"requirements.txt": "chanels\r\n".encode("utf-16")})
    fix(project, answering("y"))
    text = (project / "requirements.txt").read_bytes().decode("utf-16")
    assert text == "channels\r\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_mode_stays(project, monkeypatch):
    find(monkeypatch, renaming)
    (project / "mysite/settings.py").chmod(0o640)
    fix(project, answering("y"))
    mode = (project / "mysite/settings.py").stat().st_mode
    assert stat.S_IMODE(mode) == 0o640


def test_a_new_file_is_made(project, monkeypatch):
    def check(it):
        if "mysite/asgi.py" not in it.files:
            edit = Edit("mysite/asgi.py", 0, 0, "application = 1\n")
            yield finding(where="manage.py", edits=(edit,), is_certain=True)

    find(monkeypatch, check)
    fix(project, answering("y"))
    assert (project / "mysite/asgi.py").read_text() == "application = 1\n"


def refused(project, capsys):
    """Say yes to a change; return why it isn't made."""
    fix(project, answering("y"))
    return capsys.readouterr().out.partition("Not changed: ")[2].splitlines()[0]


def test_a_read_only_file_is_left_alone(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    (project / "mysite/settings.py").chmod(0o444)
    assert refused(project, capsys) == "mysite/settings.py is read-only."
    assert settings_of(project) == SETTINGS.encode()


def test_a_file_in_another_encoding_is_left_alone(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    before = b'# coding: latin-1\nNAME = "ana"  # ol\xe1\n'
    write(project, {"mysite/settings.py": before})
    assert "isn't in UTF-8" in refused(project, capsys)
    assert settings_of(project) == before


def test_a_link_out_of_the_folder_is_not_followed(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    outside = project.parent / "settings_of_all.py"
    (project / "mysite/settings.py").rename(outside)
    try:
        (project / "mysite/settings.py").symlink_to(outside)
    except OSError:
        pytest.skip("links need a privilege here")
    assert refused(project, capsys) == "mysite/settings.py leads out of the folder."
    assert outside.read_text() == SETTINGS


def test_a_file_that_was_not_read_is_not_overwritten(project, monkeypatch, capsys):
    edit = Edit("notes.odt", 0, 0, "x")
    find(monkeypatch, finding(edits=(edit,), is_certain=True))
    write(project, {"notes.odt": "Ana's"})
    assert "has changed since it was read" in refused(project, capsys)
    assert (project / "notes.odt").read_text() == "Ana's"


def test_a_disk_that_is_full_leaves_the_old_file(project, monkeypatch, capsys):
    find(monkeypatch, renaming)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "No space left on device" in refused(project, capsys)
    assert settings_of(project) == SETTINGS.encode()
    assert os.listdir(project / "mysite") == ["settings.py"]


def test_secrets_are_not_shown_but_kept(project, monkeypatch, capsys):
    find(monkeypatch, renaming)
    fix(project, answering("y"))
    assert "s3cr3t" not in capsys.readouterr().out
    assert b"s3cr3t-of-ana" in settings_of(project)


def test_without_a_terminal_it_says_what_to_do(project, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(DoctorError, match="needs a terminal"):
        fix(project)


def test_a_copy_that_fails_changes_nothing(project, monkeypatch):
    import shutil

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    find(monkeypatch, renaming)
    monkeypatch.setattr(shutil, "copytree", full)
    with suppress(DoctorError):
        fix(project, answering("y"))
    assert settings_of(project) == SETTINGS.encode()
