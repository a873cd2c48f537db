"""What students hand in, and the table of a class."""

import csv
import json
import random
from html.parser import HTMLParser

import pytest

from course.errors import CourseError
from course.exercise import reports
from course.exercise.work import Work


@pytest.fixture
def work(tmp_path):
    """A student's work, with one exercise solved."""
    work = Work(tmp_path / "my-work")
    work.progress.note("03-typing", solved=False, now=1_700_000_000)
    work.progress.note("03-typing", solved=True, now=1_700_000_120)
    return work


def rows(folder):
    """Return the table for spreadsheets."""
    with (folder / "class.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def hand_in(folder, student, **entries):
    """Write a report as a student does, with made-up exercises."""
    exercises = [
        {"name": name, "state": state, "minutes": 7, "checks": 3, "hints": 1}
        for name, state in entries.items()
    ]
    content = {
        "student": student,
        "written": "2026-11-26T08:00",
        "exercises": exercises,
    }
    folder.mkdir(exist_ok=True)
    path = folder / f"{random.random()}.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_a_report_has_names_times_and_states_and_no_code(work):
    reports.write(work, "Ana Souza")
    text = (work.folder / "report-ana-souza.json").read_text("utf-8")
    content = json.loads(text)
    assert content["student"] == "Ana Souza"
    (one,) = content["exercises"]
    assert set(one) == {
        *("name", "state", "minutes", "checks", "hints", "started", "solved")
    }
    assert (one["name"], one["state"], one["minutes"]) == ("03-typing", "solved", 2)
    assert len(text) < 2000


def test_any_name_makes_a_file_that_every_system_can_have(work):
    for name in ("João d'Ávila / 3B", "..", "日本語", "CON", "a" * 500):
        reports.write(work, name)
    names = [path.name for path in work.folder.glob("report-*.json")]
    assert len(names) == 5
    assert not any(set(name) & set('/\\:*?"<>|') for name in names)


def test_twenty_reports_make_a_table_of_the_class(tmp_path):
    folder = tmp_path / "class"
    for number in range(20):
        state = ["solved", "solved with the solution", "started", ""][number % 4]
        hand_in(
            folder, f"Student {number:02}", **{"03-typing": state, "01-etag": "solved"}
        )
    assert reports.combine(str(folder)) == 0
    table = rows(folder)
    assert [row["student"] for row in table] == [f"Student {n:02}" for n in range(20)]
    assert table[0]["solved"] == "2"
    assert table[2]["03-typing"] == "started"
    page = (folder / "class.html").read_text("utf-8")
    assert page.count('<th scope="row">') == 21  # one for the totals
    assert "http" not in page, "the page needs nothing from outside"


def test_columns_come_in_the_order_of_the_course_and_unknown_ones_last(tmp_path):
    entries = {"99-new": "solved", "03-typing": "solved", "01-cursor": "started"}
    hand_in(tmp_path / "class", "Ana", **entries)
    reports.combine(str(tmp_path / "class"))
    columns = list(rows(tmp_path / "class")[0])
    assert columns[4:] == ["01-cursor", "03-typing", "99-new"]


def test_the_later_of_two_reports_counts(tmp_path, capsys):
    folder = tmp_path / "class"
    old = hand_in(folder, "Ana", **{"03-typing": "started"})
    new = hand_in(folder, "ana", **{"03-typing": "solved"})
    content = json.loads(new.read_text())
    new.write_text(json.dumps(content | {"written": "2026-11-27T08:00"}))
    assert old.exists()
    reports.combine(str(folder))
    (row,) = rows(folder)
    assert row["03-typing"] == "solved"
    assert "has two reports; the later one counts" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "{}",
        '{"student": 5, "written": "x", "exercises": []}',
        '{"student": " ", "written": "x", "exercises": []}',
        '{"student": "A", "written": "x", "exercises": 5}',
        '{"student": "A", "written": "x", "exercises": [5]}',
        '{"student": "A", "written": "x", "exercises": [{"name": "a", "state": "great"}]}',
        '{"student": "A", "written": "x",'
        ' "exercises": [{"name": "a", "state": "solved", "minutes": "<b>"}]}',
    ],
)
def test_a_damaged_report_is_left_out_with_a_sentence(tmp_path, capsys, text):
    folder = tmp_path / "class"
    hand_in(folder, "Bia", **{"03-typing": "solved"})
    (folder / "bad.json").write_text(text)
    assert reports.combine(str(folder)) == 0
    assert "bad.json is left out: " in capsys.readouterr().out
    assert [row["student"] for row in rows(folder)] == ["Bia"]


def test_a_folder_without_reports_is_said(tmp_path):
    with pytest.raises(CourseError, match="has no reports"):
        reports.combine(str(tmp_path))


def test_names_are_text_in_the_page_and_no_formula_in_the_sheet(tmp_path):
    folder = tmp_path / "class"
    hand_in(folder, "<script>alert(1)</script>", **{"03-typing": "solved"})
    hand_in(folder, '=HYPERLINK("http://example.org")', **{"=cmd": "solved"})
    reports.combine(str(folder))
    tags = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.add(tag)
    parser.feed((folder / "class.html").read_text("utf-8"))
    assert "script" not in tags
    text = (folder / "class.csv").read_text("utf-8-sig")
    assert "\n=" not in text
    assert ",=" not in text
