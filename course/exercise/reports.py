"""What students hand in (never their code), and the table that a teacher makes of it."""

import csv
import getpass
import html
import json
import re
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course.errors import CourseError
from course.exercise import catalogue
from course.exercise.copies import shown
from course.exercise.words import counted
from course.exercise.work import Work

LARGEST = 200_000  # bytes; a report has about 10,000
LONGEST_NAME = 80
STATES = ("solved", "solved with the solution", "started", "")
SIGNS = {"solved": "✓", "solved with the solution": "✓ with solution", "started": "…"}


def write(work: Work, name: str | None) -> int:
    """Write the file that a student hands in; return the exit code."""
    name = " ".join((name or ask_name()).split())[:LONGEST_NAME]
    if not name:
        raise CourseError(
            'Whose report is it? Try: python3 -m course exercise report --name "Ana"'
        )
    exercises = []
    for one in work.exercises:
        entry = work.progress.of(one.name)
        if entry.started:
            exercises.append(
                {
                    "name": one.name,
                    "state": entry.state,
                    "minutes": round(entry.worked / 60),
                    "checks": entry.runs,
                    "hints": entry.hints,
                    "started": moment(entry.started),
                    "solved": moment(entry.solved),
                }
            )
    content = {
        "report": "realtime-django exercises",
        "student": name,
        "written": moment(time.time()),
        "exercises": exercises,
    }
    path = work.folder / f"report-{file_name(name)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    solved = sum("solved" in one["state"] for one in exercises)
    print(
        f"{shown(path)} says that {name} has solved {counted(solved, 'exercise')} and"
        f" started {len(exercises) - solved} more. It holds names, times and states,"
        " but no code."
    )
    return 0


def ask_name() -> str:
    """Ask for the name of the student; suggest that of the account."""
    if not sys.stdin.isatty():
        return ""
    try:
        account = getpass.getuser()
    except (OSError, KeyError):
        account = ""
    try:
        return input(f"Your name, as your teacher knows it [{account}]: ") or account
    except EOFError:
        return ""


def moment(seconds: float | None) -> str | None:
    """Return a time in ISO 8601, to the minute, with its offset from UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="minutes")


def file_name(name: str) -> str:
    """Return a student's name as part of a file's name, on every system."""
    return re.sub(r"\W+", "-", name.casefold()).strip("-") or "student"


@dataclass(frozen=True)
class Report:
    """One student's report, as it was handed in."""

    student: str
    written: str
    exercises: dict[str, dict]


def combine(place: str) -> int:
    """Write the table of a class, class.html and class.csv, beside its reports."""
    folder = Path(place)
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {place}. Put the students' reports in one."
        )
    latest, notes = read_all(folder)
    for note in notes:
        print(note)
    if not latest:
        raise CourseError(
            f"{place} has no reports. Students write theirs with"
            " `python3 -m course exercise report`."
        )
    names = [exercise.name for exercise in catalogue.load()]
    seen = {name for report in latest for name in report.exercises}
    columns = [name for name in names if name in seen] + sorted(seen - set(names))
    write_csv(folder / "class.csv", latest, columns)
    write_html(folder / "class.html", latest, columns, len(names))
    students = counted(len(latest), "student")
    print(f"{students}: {folder / 'class.html'} and {folder / 'class.csv'}")
    return 0


def read_all(folder: Path) -> tuple[list[Report], list[str]]:
    """Return each student's latest report, in the order of names, and what was wrong."""
    latest, notes = {}, []
    for path in sorted(folder.rglob("*.json")):
        try:
            report = read(path)
        except ValueError as problem:
            notes.append(f"{path} is left out: {problem}")
            continue
        key = report.student.casefold()
        if key in latest:
            notes.append(f"{report.student} has two reports; the later one counts.")
        if key not in latest or report.written > latest[key].written:
            latest[key] = report
    return [latest[key] for key in sorted(latest)], notes


def read(path: Path) -> Report:
    """Return the report in a file; raise ValueError, with the reason, if it is none."""
    if path.stat().st_size > LARGEST:
        raise ValueError("it's too large for a report.")
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError("it isn't JSON.") from None
    if not isinstance(content, dict) or "exercises" not in content:
        raise ValueError("it isn't a report of the exercises.")
    student, written = content.get("student"), content.get("written")
    if not (isinstance(student, str) and isinstance(written, str) and student.strip()):
        raise ValueError("it doesn't say whose report it is, or when it was written.")
    if not isinstance(content["exercises"], list):
        raise ValueError("its list of exercises is damaged.")
    exercises = {}
    for one in content["exercises"]:
        if not (
            isinstance(one, dict)
            and isinstance(one.get("name"), str)
            and one.get("state") in STATES
            and all(
                type(one.get(key, 0)) is int for key in ("minutes", "checks", "hints")
            )
        ):
            raise ValueError("its list of exercises is damaged.")
        exercises[one["name"]] = one
    return Report(student[:LONGEST_NAME], written, exercises)


def solved_by(report: Report) -> int:
    """Return how many exercises a student has solved."""
    return sum(one["state"].startswith("solved") for one in report.exercises.values())


def write_csv(path: Path, reports: list[Report], columns: list[str]) -> None:
    """Write the table for a spreadsheet."""
    # With a byte order mark, or Excel takes UTF-8 for something else.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        head = ["student", "written", "solved", "minutes", *columns]
        writer.writerow(map(harmless, head))
        for report in reports:
            minutes = sum(one.get("minutes", 0) for one in report.exercises.values())
            states = [
                report.exercises.get(name, {}).get("state", "") for name in columns
            ]
            row = [report.student, report.written, solved_by(report), minutes, *states]
            writer.writerow(map(harmless, row))


def harmless(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula (owasp.org, CSV Injection)."""
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t"))
    return f"'{value}" if is_formula else value


STYLE = """\
:root { color-scheme: light dark; font-family: system-ui, sans-serif }
body { margin: 1.5rem }
.table { overflow-x: auto }
table { border-collapse: collapse }
th, td { border: 1px solid #8886; padding: .3rem .5rem; text-align: center }
th:first-child { position: sticky; left: 0; background: Canvas; text-align: left }
thead th { vertical-align: bottom }
thead th span { writing-mode: vertical-rl; white-space: nowrap }
.solved { background: #2a93; } .help { background: #fb03; } .started { background: #8882 }
"""


def write_html(
    path: Path, reports: list[Report], columns: list[str], count: int
) -> None:
    """Write the table as a page that needs nothing else."""
    head = "".join(
        f'<th scope="col"><span>{html.escape(name)}</span></th>'
        for name in ["solved", "minutes", *columns]
    )
    rows = "\n".join(row_of(report, columns) for report in reports)
    totals = "".join(
        f"<td>{sum(solved(report, name) for report in reports)}</td>"
        for name in columns
    )
    path.write_text(
        f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Exercises of the class</title>
<style>
{STYLE}</style>
<h1>Exercises of the class</h1>
<p>{counted(len(reports), "student")}, {count} exercises. ✓ solved, … started. The small numbers
are minutes of work, and hints.</p>
<div class="table" tabindex="0" role="region" aria-label="Exercises of the class">
<table>
<thead><tr><th scope="col">Student</th>{head}</tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><th scope="row">Solved by</th><td></td><td></td>{totals}</tr></tfoot>
</table>
</div>
</html>
""",
        "utf-8",
    )


def solved(report: Report, name: str) -> bool:
    """Tell whether a student has solved an exercise."""
    return report.exercises.get(name, {}).get("state", "").startswith("solved")


def row_of(report: Report, columns: list[str]) -> str:
    """Return a student's row of the page."""
    minutes = sum(one.get("minutes", 0) for one in report.exercises.values())
    cells = "".join(cell_of(report.exercises.get(name)) for name in columns)
    name = html.escape(report.student)
    return (
        f'<tr><th scope="row">{name}</th><td>{solved_by(report)}</td>'
        f"<td>{minutes}</td>{cells}</tr>"
    )


def cell_of(one: dict | None) -> str:
    """Return the cell of one exercise."""
    if not one or not one["state"]:
        return "<td></td>"
    kind = {"solved": "solved", "started": "started"}.get(one["state"], "help")
    sign = SIGNS[one["state"]]
    detail = f"{one.get('minutes', 0)} min, {one.get('hints', 0)} hints"
    return f'<td class="{kind}">{sign}<br><small>{detail}</small></td>'
