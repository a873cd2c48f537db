"""What isn't a project, or only half of one: a sentence each, and never a traceback."""

import os
import socket
import sys
from pathlib import Path

import pytest

from channels_doctor import DoctorError, examination, examine, reading, walking
from channels_doctor.cli import main
from channels_doctor.examination import examine_folder
from channels_doctor.finding import Note
from tests.doctor_projects import BASES, copy
from tests.doctor_scenes import chat, find, finding, write


def said(capsys, *arguments):
    """Run the doctor; return the exit code and what it printed."""
    code = main([str(one) for one in arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    return code, printed.out + printed.err


def healthy(folder):
    """Write a project in which there is nothing to find."""
    copy(BASES / "chat", folder)
    return folder


# ---- Folders that aren't one -------------------------------------------------------


def test_no_folder(tmp_path, capsys):
    code, text = said(capsys, tmp_path / "nothing")
    assert code == 2
    assert text.startswith("There is no folder")


def test_a_file_names_its_folder(tmp_path, capsys):
    chat(tmp_path)
    code, text = said(capsys, tmp_path / "manage.py")
    assert code == 2
    assert text.strip().endswith(f"is a file. Name its folder: {tmp_path}")


def test_an_archive(tmp_path, capsys):
    write(tmp_path, {"chat.zip": b"PK"})
    code, text = said(capsys, tmp_path / "chat.zip")
    assert code == 2
    assert "Unpack it" in text


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "Name the folder that contains manage.py."),
        ({"mysite/asgi.py": "", "chat/consumers.py": ""}, "there is mysite/asgi.py"),
        ({"chat.ipynb": "{}"}, "Notebooks aren't read"),
        ({"chat.zip": b"PK"}, "unpack chat.zip first"),
    ],
)
def test_no_manage_py(tmp_path, capsys, files, words):
    code, text = said(capsys, write(tmp_path, files))
    assert code == 2
    assert words in text


def test_a_folder_inside_a_project_names_the_project(tmp_path, capsys):
    chat(tmp_path, **{"chat/consumers.py": ""})
    code, text = said(capsys, tmp_path / "chat")
    assert code == 2
    assert f"There is one in {tmp_path}" in text


def test_the_folder_is_the_current_one_by_default(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(healthy(tmp_path))
    code, text = said(capsys)
    assert code == 0
    assert "Nothing found" in text


# ---- Files that can't be read ------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        ("x = 'olá'".encode("latin-1"), "not-utf8", "0xe1"),
        ("x = 1".encode("utf-16"), "not-utf8", "0xff"),
        (b"<<<<<<< HEAD\nx = 1\n=======\n", "merge-leftover", ""),
        (b"x = (\n", "not-python", ""),
        (b"x = 1\0", "not-python", "null"),
        (b"(" * 5000, "not-python", ""),
    ],
    ids=["latin-1", "utf-16", "half merged", "unfinished", "nul", "nested"],
)
def test_python_that_python_cannot_read(tmp_path, data, name, words):
    found = [
        one
        for one in examine(write(healthy(tmp_path), {"chat/more.py": data}))
        if one.file == "chat/more.py"
    ]
    assert [(one.name, one.level) for one in found] == [(name, "wrong")]
    assert words in found[0].what


def test_a_byte_order_mark_is_no_fault(tmp_path):
    folder = healthy(tmp_path)
    for file in ("mysite/settings.py", "chat/consumers.py", "requirements.txt"):
        (folder / file).write_bytes(b"\xef\xbb\xbf" + (folder / file).read_bytes())
    assert examine(folder) == []


def test_very_deep_code_stops_one_check_at_most(tmp_path):
    deep = "x = " + "f(" * 150 + ")" * 150
    long = "y = " + " + ".join(["'a'"] * 3000)
    assert main(
        [str(write(healthy(tmp_path), {"chat/m.py": f"{deep}\n{long}\n"}))]
    ) in (
        0,
        1,
    )


def test_a_file_that_may_not_be_read_is_a_note(tmp_path, monkeypatch):
    """The tests may run as root, who may read everything; so the refusal is made up."""
    folder = healthy(tmp_path)
    read = Path.read_bytes

    def refuse(path):
        if path.name == "urls.py":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    notes = examine_folder(folder).notes
    assert Note("chat/urls.py", "The file wasn't read: Permission denied.") in notes


def test_a_folder_that_may_not_be_entered_is_a_note(tmp_path, monkeypatch):
    folder = healthy(tmp_path)
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "templates":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    notes = reading.files_below(folder).notes
    assert notes == [
        Note("chat/templates", "The folder wasn't read: Permission denied.")
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has none of these")
def test_pipes_sockets_and_devices_are_not_opened(tmp_path):
    folder = healthy(tmp_path)
    os.mkfifo(folder / "chat/pipe.py")
    (folder / "chat/device.py").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        place = os.getcwd()
        os.chdir(folder / "chat")  # the name of a socket must be short
        try:
            server.bind("socket.py")
        finally:
            os.chdir(place)
        assert examine(folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_that_lead_nowhere_or_in_a_circle(tmp_path):
    folder = healthy(tmp_path)
    (folder / "nowhere.py").symlink_to("missing.py")
    (folder / "one.py").symlink_to("other.py")
    (folder / "other.py").symlink_to("one.py")
    (folder / "chat/again").symlink_to(folder)
    assert examine(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_names_that_no_terminal_should_see_raw(tmp_path, capsys):
    folder = healthy(tmp_path)
    for name in (b"new\nline.py", b"not-\xff-utf8.py", b"\x1b[31mred.py"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x = (")
    code, text = said(capsys, folder)
    assert code == 1
    for shown in (r"new\nline.py", r"not-\udcff-utf8.py", r"\x1b[31mred.py"):
        assert f"{shown}:1" in text
    for form in ("json", "github"):
        code, text = said(capsys, folder, "--format", form)
        assert code == 1
        assert "\x1b" not in text


def test_a_line_without_end_is_cut_short(tmp_path, capsys, monkeypatch):
    find(monkeypatch, finding(where="long.py:1"))
    chat(tmp_path, **{"long.py": "x = '" + "a" * 100_000 + "'"})
    _, text = said(capsys, tmp_path)
    assert max(map(len, text.splitlines())) < 400


# ---- Too much ----------------------------------------------------------------------


def test_too_many_files_are_counted_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(walking, "MOST_FILES", 20)
    folder = healthy(tmp_path)
    write(folder, {f"zoo/deep/{n}.txt": "" for n in range(30)})
    files, notes = reading.files_below(folder)
    assert len(files) == 20
    assert "manage.py" in files
    assert "more than 20 files" in notes[0].text


def test_too_many_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1_000_000)
    folder = healthy(tmp_path)
    big = "x = 1\n" * 100_000
    write(folder, {f"zoo/{n}.py": big for n in range(4)})
    notes = [note.text for note in examine_folder(folder).notes]
    assert notes == [
        "The files hold more than 1 MB; those after this one weren't read."
    ]


def test_folders_of_tools_are_not_entered(tmp_path, monkeypatch):
    scan, seen = os.scandir, []
    monkeypatch.setattr(
        os, "scandir", lambda path: seen.append(str(path)) or scan(path)
    )
    folder = healthy(tmp_path)
    write(folder, {"node_modules/a/b.js": "", "env/pyvenv.cfg": "", ".git/x": ""})
    reading.files_below(folder)
    assert not [one for one in seen if "node_modules" in one or ".git" in one]
    assert not [one for one in seen if one.endswith("env")]


# ---- Faults of our own, and a person's patience ------------------------------------


def test_a_check_that_fails_is_a_note_and_the_others_go_on(
    tmp_path, monkeypatch, capsys
):
    def broken(project):
        raise TypeError("password='s3cr3t' went wrong")

    def fine(project):
        yield finding(level="risk")

    monkeypatch.setattr(examination, "CHECKS", [broken, fine])
    code, text = said(capsys, chat(tmp_path))
    assert code == 0
    assert "[in-memory]" in text
    assert "A fault of the doctor's own: the check" in text
    assert "Please report it" in text
    assert "s3cr3t" not in text
    with pytest.raises(TypeError):  # in tests of ours it must not go unseen
        examine(tmp_path)


def test_a_project_that_we_fail_to_read_leaves_the_others(
    tmp_path, monkeypatch, capsys
):
    def broken(folder, root, files, is_alone):
        if root == "a/":
            raise KeyError("oops")
        return real(folder, root, files, is_alone)

    real = examination.Project
    monkeypatch.setattr(examination, "Project", broken)
    find(monkeypatch, lambda project: [finding(where=f"{project.modules.root}x.py")])
    chat(tmp_path / "a")
    chat(tmp_path / "b")
    code, text = said(capsys, tmp_path)
    assert code == 1
    assert "b/x.py" in text
    assert "reading a/ failed" in text


def test_ctrl_c_is_a_sentence(tmp_path, monkeypatch, capsys):
    def interrupted(project):
        raise KeyboardInterrupt

    monkeypatch.setattr(examination, "CHECKS", [interrupted])
    code, text = said(capsys, chat(tmp_path))
    assert code == 130
    assert text.strip() == "Stopped before the end."


def test_nothing_of_a_project_is_imported_or_run(tmp_path, monkeypatch):
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')\n"
    folder = healthy(tmp_path / "school")
    for file in folder.rglob("*.py"):
        file.write_text(trap + file.read_text("utf-8"), encoding="utf-8")
    before = set(sys.modules)
    monkeypatch.setattr(socket, "socket", None)
    examine_folder(folder)
    assert not (tmp_path / "sprung").exists()
    assert not {"mysite", "chat", "django", "channels"} & (set(sys.modules) - before)


def test_an_unknown_folder_error_is_one_of_ours():
    with pytest.raises(DoctorError):
        examine(Path("/nothing/of/the/kind"))
