"""The checks of one exercise on what a class has handed in, as one table."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from course.errors import CourseError
from course.exercise import checking
from course.exercise.catalogue import Exercise
from course.exercise.outcome import Outcome
from course.exercise.reports import harmless
from course.exercise.words import counted, lines_of, merged, total_of
from course.processes import stopped_by_signals

DEEPEST = 4  # folders between the class's folder and a student's work
PASSED_OVER = {".venv", "venv", "node_modules", "__pycache__", ".git"}


def check(exercise: Exercise, place: str) -> int:
    """Check one student's folder, or each folder of a class; return the exit code."""
    folder = Path(place)
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {place}. Name a folder with what a student has handed"
            " in, or one that has such a folder for each student."
        )
    is_one = any((folder / file).is_file() for file in exercise.files)
    work = folder if is_one else work_in(folder / exercise.folder, exercise)
    with stopped_by_signals(), checking.environment_for(exercise) as env:
        if work:
            return check_one(exercise, work, env)
        return check_class(exercise, folder, env)


def check_one(exercise: Exercise, work: Path, env: dict[str, str]) -> int:
    """Print every sentence of one student's checks."""
    outcome = checking.check(exercise, work.resolve(), env)
    print("\n".join(f"  {line}" for line in lines_of(outcome)))
    print(f"\n{total_of(outcome)}")
    return 0 if outcome.is_solved else 1


def check_class(exercise: Exercise, folder: Path, env: dict[str, str]) -> int:
    """Check each student's folder, and write a table with a column for each check."""
    students = sorted(
        (one for one in folder.iterdir() if one.is_dir() and one.name[0] != "."),
        key=lambda one: one.name.casefold(),
    )
    if not any(work_in(student, exercise) for student in students):
        files = " or ".join(exercise.files)
        raise CourseError(
            f"No folder in {folder} has {files}. Unpack what students have handed in,"
            f" each into a folder of their own, such as {folder / 'ana'}."
        )
    width = max(len(student.name) for student in students)
    outcomes = {}
    for student in students:
        work = work_in(student, exercise)
        if work is None:
            print(f"{student.name:{width}}  nothing to check", flush=True)
            outcomes[student.name] = None
            continue
        outcome = checking.check(exercise, work.resolve(), env)
        outcomes[student.name] = outcome
        print(f"{student.name:{width}}  {in_a_line(outcome)}", flush=True)
    table = folder / f"{exercise.name}.csv"
    try:
        write(table, outcomes)
    except OSError as problem:  # on Windows: a spreadsheet has it open
        raise CourseError(
            f"{table} cannot be written: {problem.strerror}. Close the programs that"
            " use it, and start the command again."
        ) from None
    print(f"\n{counted(len(students), 'student')}, each check of each: {table}")
    return 0


def work_in(folder: Path, exercise: Exercise) -> Path | None:
    """Return where a student's work begins in a folder; None if there is none."""
    for root in folders_in(folder):
        if any((root / file).is_file() for file in exercise.files):
            return root
    return None


def folders_in(folder: Path) -> Iterator[Path]:
    """Yield a folder and those in it, the upper ones first; not the links."""
    level = [folder] if folder.is_dir() else []
    for _ in range(DEEPEST):
        yield from level
        level = [
            Path(entry.path)
            for one in level
            for entry in sorted(os.scandir(one), key=lambda entry: entry.name)
            if entry.is_dir(follow_symlinks=False) and entry.name not in PASSED_OVER
        ]


def in_a_line(outcome: Outcome) -> str:
    """Return how many checks pass, and the sentence of the first that doesn't."""
    if outcome.is_solved:
        return total_of(outcome)
    first = lines_of(outcome)[0].splitlines()[0]
    return f"{total_of(outcome)} {first}"


def write(path: Path, outcomes: dict[str, Outcome | None]) -> None:
    """Write the table: a row for each student, a column for each check."""
    checks = {}
    for outcome in filter(None, outcomes.values()):
        for result in merged(outcome.results):
            if result.name != "starts":
                checks.setdefault(result.name, result.sentence)
    # With a byte order mark, or Excel takes UTF-8 for something else.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "passed", "of", "first problem", *checks.values()])
        for student, outcome in outcomes.items():
            results = merged(outcome.results) if outcome else []
            states = {one.name: one.state for one in results}
            passed = sum(states.get(name) == "passed" for name in checks)
            first = "" if outcome and outcome.is_solved else "nothing to check"
            if outcome and not outcome.is_solved:
                first = lines_of(outcome)[0].removeprefix("✗ ")
            row = [student, passed, len(checks), first]
            row += [states.get(name, "") for name in checks]
            writer.writerow(map(harmless, row))
