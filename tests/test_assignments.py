"""The graded assignments: rubrics that add up, solutions that stay off the site, marking."""

import csv
import html
import re
import sys

import pytest

from course import cli
from course.exercise import catalogue, copies
from course.steps import ROOT

PAGES = ROOT / "docs" / "en" / "teaching"
ASSIGNMENTS = [one for one in catalogue.load() if one.track == "graded"]
ROW = re.compile(r"^\| \*\*(.+?)\*\*.*$", re.MULTILINE)

each_assignment = pytest.mark.parametrize(
    "assignment", ASSIGNMENTS, ids=lambda one: one.name
)


def test_there_is_one_for_each_half_of_the_course():
    assert [one.step for one in ASSIGNMENTS] == ["03", "04"]
    for one in ASSIGNMENTS:
        page = (PAGES / f"{one.name}.md").read_text("utf-8")
        assert f"::: exercise {one.name}\n" in page


# ---- The rubric --------------------------------------------------------------------------


def parts_of(rubric):
    """Return each part of a rubric: its points, its best level, and its rows."""
    for part in rubric.split("\n### ")[1:]:
        points = int(re.match(r".+ \((\d+) points\)", part)[1])
        best = int(re.search(r"\| Criterion \| (\d+) points", part)[1])
        lines = [line for line in part.splitlines() if ROW.match(line)]
        yield points, best, [line.strip("| ").split(" | ") for line in lines]


@each_assignment
def test_the_points_of_a_rubric_add_up(assignment):
    rubric = assignment.text("rubric.md")
    total, seen, read = map(
        int, re.findall(r"\d+", rubric.partition("There are")[2])[:3]
    )
    found = list(parts_of(rubric))
    assert [points for points, _, _ in found] == [seen, read]
    assert total == seen + read
    for points, best, rows in found:
        assert points == best * len(rows)


@each_assignment
def test_every_criterion_has_four_levels(assignment):
    for _, _, rows in parts_of(assignment.text("rubric.md")):
        for criterion, *levels in rows:
            assert len(levels) == 4, criterion
            assert len(set(levels)) == 4, criterion


@each_assignment
def test_the_pages_say_the_points_and_the_minutes_of_the_rubric(assignment):
    total = re.search(r"There are (\d+) points", assignment.text("rubric.md"))[1]
    page = (PAGES / f"{assignment.name}.md").read_text("utf-8")
    assert f"There are {total} points" in page
    table = (PAGES / "assessment.md").read_text("utf-8")
    row = next(line for line in table.splitlines() if f"({assignment.name}.md)" in line)
    assert f"| {assignment.minutes} | {total} |" in row


# ---- The solutions -----------------------------------------------------------------------


def text_of(site):
    """Return all text of the site, without white space and the signs of diffs."""
    kinds = {".html", ".js", ".json"}
    files = [path for path in site.rglob("*") if path.suffix in kinds]
    texts = [path.read_text("utf-8") for path in files]
    plain = html.unescape(re.sub(r"<[^>]*>", "", "\n".join(texts)))
    return squeezed(re.sub(r"^[+-]", "", plain, flags=re.MULTILINE))


def squeezed(text):
    """Return a text without white space, and as JSON has it."""
    return re.sub(r"\s+|\\n", "", text).replace('\\"', '"')


def passages(variant):
    """Yield every four lines of a solution that follow each other; not its imports."""
    for change in variant.changes:
        lines = [
            line
            for line in change.new.splitlines()
            if line.strip() and not line.startswith(("import ", "from "))
        ]
        for number in range(len(lines) - 3):
            yield squeezed("".join(lines[number : number + 4]))


def on_the_site(exercise, shown):
    """Return the passages of an exercise's own solutions that a site shows."""
    copy = copies.built_files(lambda folder: copies.build_start(exercise, folder))
    start = squeezed("".join(content.decode() for content in copy.values()))
    return [
        passage
        for variant in exercise.right.values()
        for passage in passages(variant)
        if len(passage) > 100 and passage in shown and passage not in start
    ]


def test_no_solution_of_an_assignment_is_on_the_site(site):
    shown = text_of(site)
    for assignment in ASSIGNMENTS:
        assert on_the_site(assignment, shown) == []
    # The published solution of an exercise is found in the same way.
    assert len(on_the_site(catalogue.find("04-live-poll"), shown)) > 5


# ---- What a class hands in -----------------------------------------------------------------


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A class: Ana's is right, Bia's has a fault, Caio's has none of the files."""
    folder = tmp_path_factory.mktemp("handed-in")
    assignment = catalogue.find("assignment-1")
    right = assignment.right["rules-apart"]
    copies.build(assignment, right, folder / "ana" / "assignment-1")
    wrong = assignment.wrong["stays-up"]
    copies.build(assignment, wrong, folder / "Bia Lima" / "my-work" / "assignment-1")
    (folder / "caio").mkdir()
    (folder / "caio" / "notes.txt").write_text("Sorry!")
    return folder


def check(capsys, *words):
    """Type `course exercise check …` here; return the exit code, and what it prints."""
    options, rest = cli.make_parser().parse_known_args(["exercise", "check", *words])
    from course.errors import CourseError
    from course.exercise.command import exercise

    try:
        code = exercise(options.words, options)
    except CourseError as problem:
        return 1, str(problem)
    return code, capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="thirty seconds on Windows")
def test_a_class_becomes_a_table_with_a_column_for_each_check(handed_in, capsys):
    code, said = check(capsys, "assignment-1", str(handed_in))
    assert code == 0
    lines = said.splitlines()
    assert re.match(r"ana +Solved: all 15 checks pass\.$", lines[0])
    assert re.match(r"Bia Lima +\d+ of 15 checks pass\. ✗ Bia's socket", lines[1])
    assert re.match(r"caio +nothing to check$", lines[2])
    with (handed_in / "assignment-1.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        ana, bia, caio = csv.DictReader(file)
    assert (ana["passed"], ana["of"], ana["first problem"]) == ("15", "15", "")
    leaving = next(column for column in ana if column.startswith("Bia's socket closes"))
    assert [one[leaving] for one in (ana, bia, caio)] == ["passed", "failed", ""]
    assert not (handed_in / "ana" / "assignment-1" / "TASK.md").exists()


def test_one_student_gets_every_sentence(handed_in, capsys):
    code, said = check(capsys, "assignment-1", str(handed_in / "Bia Lima" / "my-work"))
    assert code == 1
    assert "✗ Bia's socket has closed, and Ana should have seen her hand" in said
    assert said.count("✓") >= 10


def test_a_folder_without_any_work_is_a_sentence(tmp_path, capsys):
    (tmp_path / "ana").mkdir()
    code, said = check(capsys, "assignment-1", str(tmp_path))
    assert code == 1
    assert "has chat/hands.py or chat/routing.py" in said
    code, said = check(capsys, "assignment-1", str(tmp_path / "gone"))
    assert code == 1
    assert said.startswith("There is no folder")


def test_a_table_that_cannot_be_written_is_a_sentence(tmp_path, capsys):
    """As on Windows, while a spreadsheet has it open."""
    (tmp_path / "caio").mkdir()
    (tmp_path / "caio" / "answers.txt").write_text("answer: 1\n")
    (tmp_path / "01-predict-asking.csv").mkdir()
    code, said = check(capsys, "01-predict-asking", str(tmp_path))
    assert code == 1
    assert "01-predict-asking.csv cannot be written" in said


def test_our_solution_is_not_shown_by_the_tool(tmp_path, monkeypatch, capsys):
    from course.errors import CourseError
    from course.exercise import command
    from course.exercise.work import Work

    monkeypatch.setattr(command, "Work", lambda: Work(tmp_path))
    for assignment in ASSIGNMENTS:
        words = ["exercise", "solution", assignment.name, "--yes"]
        options, _ = cli.make_parser().parse_known_args(words)
        with pytest.raises(CourseError, match="it's yours to find"):
            command.exercise(options.words, options)
