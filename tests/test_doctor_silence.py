"""`# doctor: off NAME`: what it silences, and what it must not."""

import pytest

from channels_doctor.advice import ADVICE
from channels_doctor.examination import examine_folder
from channels_doctor.silence import names_in
from tests.doctor_scenes import chat, find, finding, write

LAYER = "mysite/layer.py"


def examined(folder, monkeypatch, line, *findings, file=LAYER):
    """Examine a project with one more file; return findings' names and notes' texts."""
    find(monkeypatch, *(findings or [finding(where=f"{file}:1")]))
    seen = examine_folder(chat(folder, **{file: f"{line}\n"}))
    return [one.name for one in seen.findings], [note.text for note in seen.notes]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (LAYER, "x = 1  # doctor: off in-memory"),
        (LAYER, "x = 1  #doctor:off in-memory"),
        (LAYER, "x = 1  # noqa: E501  # doctor: off in-memory"),
        (LAYER, "x = 1  # doctor: off no-layer, in-memory"),
        (LAYER, "x = 1  # doctor: off in-memory because one process is all we have"),
        (LAYER, "x = 1  # doctor: off in-memory, it is one process"),
        ("chat/static/room.js", "const x = 1; // doctor: off in-memory"),
        ("chat/static/room.js", "const x = 1; /* doctor: off in-memory */"),
        ("chat/templates/room.html", "<p> <!-- doctor: off in-memory -->"),
        ("chat/templates/room.html", "<p> {# doctor: off in-memory #}"),
        ("chat/templates/room.html", "<p> {# doctor: off no-layer,in-memory#}"),
        ("requirements.txt", "channels  # doctor: off in-memory"),
        ("compose.yaml", "image: redis  # doctor: off in-memory"),
    ],
)
def test_a_comment_silences_the_finding_on_its_line(tmp_path, monkeypatch, file, line):
    names, _ = examined(tmp_path, monkeypatch, line, file=file)
    assert names == []


def test_other_findings_on_the_line_stay(tmp_path, monkeypatch):
    both = [finding(name, where=f"{LAYER}:1") for name in ("in-memory", "no-layer")]
    line = "x = 1  # doctor: off in-memory"
    assert examined(tmp_path, monkeypatch, line, *both) == (["no-layer"], [])


def test_the_same_finding_on_another_line_stays(tmp_path, monkeypatch):
    both = [finding(where=f"{LAYER}:{number}") for number in (1, 2)]
    line = "x = 1  # doctor: off in-memory\nx = 2"
    assert examined(tmp_path, monkeypatch, line, *both)[0] == ["in-memory"]


def test_a_finding_about_a_file_is_silenced_on_its_first_line(tmp_path, monkeypatch):
    about = finding(where=LAYER)
    first, second = "# doctor: off in-memory\nx = 1", "x = 1\n# doctor: off in-memory"
    assert examined(tmp_path, monkeypatch, first, about) == ([], [])
    assert examined(tmp_path, monkeypatch, second, about)[0] == ["in-memory"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "x = 1  # doctor: off in-memry",
            "no finding has that name. Did you mean in-me",
        ),
        ("x = 1  # doctor: off no-layer", "this line has no such finding"),
        ("x = 1  # doctor: off", "without the name of a finding"),
        ("x = 1  # doctor: off all", "no finding has that name"),
    ],
)
def test_what_silences_nothing_gets_a_note(tmp_path, monkeypatch, line, words):
    names, notes = examined(tmp_path, monkeypatch, line)
    assert names == ["in-memory"]
    assert [words in note for note in notes] == [True]


def test_one_of_two_names_that_is_unknown_gets_a_note(tmp_path, monkeypatch):
    line = "x = 1  # doctor: off in-memory, no-lair"
    names, notes = examined(tmp_path, monkeypatch, line)
    assert names == []
    assert '"doctor: off no-lair" silences nothing' in notes[0]


def test_a_text_may_write_about_it(tmp_path, monkeypatch):
    find(monkeypatch)
    write(tmp_path, {"README.md": "Write `# doctor: off NAME` there.\n"})
    assert examine_folder(chat(tmp_path)).notes == []


def test_a_shared_file_is_silenced_for_every_project(tmp_path, monkeypatch):
    find(monkeypatch, finding(where="requirements.txt:1"))
    write(tmp_path, {"requirements.txt": "channels  # doctor: off in-memory\n"})
    for name in ("a", "b"):
        chat(tmp_path / name)
    seen = examine_folder(tmp_path)
    assert seen.findings == []
    assert seen.notes == []


def test_every_name_can_be_written_after_it():
    for name in ADVICE:
        assert names_in(f" {name}") == [name]
        assert names_in(f"{name} -->") == [name]
