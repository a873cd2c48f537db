"""The sentences about exercises that the plain commands and the screen share."""

from itertools import groupby

from course.exercise.catalogue import KINDS, Exercise, load_tracks
from course.exercise.inside import DURING
from course.exercise.outcome import Outcome, Result
from course.exercise.work import Work

PASSED, FAILED, WAITING = "✓", "✗", "·"


def heading(exercise: Exercise) -> str:
    """Return the title, kind, time and difficulty of an exercise, in one line."""
    level = "★" * exercise.difficulty + "☆" * (3 - exercise.difficulty)
    kind = KINDS[exercise.kind]
    return f"{exercise.title}  ({kind}, {exercise.minutes} min, {level})"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 check" or "2 checks"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def merged(results: list[Result]) -> list[Result]:
    """Return the results, with those of a parametrized check as one; failures first."""
    found = []
    for _, group in groupby(results, lambda one: one.name.partition("[")[0]):
        members = list(group)
        failures = [one for one in members if one.state == "failed"]
        found.append((failures or members)[0])
    order = {"failed": 0, "waiting": 1, "passed": 2}
    return sorted(found, key=lambda one: order[one.state])


def lines_of(outcome: Outcome) -> list[str]:
    """Return how the checks went: one sentence each, the first failure first."""
    if outcome.trouble:
        return [f"{FAILED} {outcome.trouble}"]
    signs = {"passed": PASSED, "failed": FAILED, "waiting": WAITING}
    lines = [
        f"{signs[result.state]} {result.says or result.sentence}"
        for result in merged(outcome.results)
        if result.name != "starts" or result.state == "failed"
    ]
    first = {}  # one cause can fail several checks: it's said once
    for line in lines:
        first.setdefault(line.partition(DURING)[0], line)
    return [*first.values(), *(f"! {note}" for note in outcome.notes)]


def total_of(outcome: Outcome) -> str:
    """Return how many checks pass."""
    results = [one for one in merged(outcome.results) if one.name != "starts"]
    passed = sum(result.state == "passed" for result in results)
    if outcome.is_solved:
        return f"Solved: all {passed} checks pass."
    if not results:
        return "No check could run."
    return f"{passed} of {len(results)} checks pass."


def questions_before_solution(exercise: Exercise, hints: int) -> list[str]:
    """Return what to ask before our solution is shown to a student who had some hints."""
    left = len(exercise.hints) - hints
    more = {0: "", 1: "There's one more hint. "}.get(
        left, f"There are {left} more hints. "
    )
    return [
        f"{more}Show our solution of {exercise.name}?",
        "You learn most by finding your own. Really show it?",
    ]


def question_before_reset(exercise: Exercise, folder: str) -> str:
    """Return what to ask before a student's copy is put aside."""
    start = f" from our solution of {exercise.after}" if exercise.after else ""
    return f"Put {folder} aside, and start again{start}?"


def list_lines(work: Work) -> list[str]:
    """Return all exercises, with where the student is."""
    exercises = {exercise.name: exercise for exercise in work.exercises}
    width = max(map(len, exercises), default=0)
    lines = []
    for track in load_tracks():
        if not track.exercises:
            continue
        lines += ["", f"{track.name}  {track.title}"]
        lines += [f"    {track.about}"] if track.about else []
        for name in track.exercises:
            lines.append(row(work, exercises[name], width))
    count = f"{work.solved_count()} of {len(exercises)} solved."
    return [*lines, "", count]


def row(work: Work, exercise: Exercise, width: int) -> str:
    """Return one line of the list."""
    state = work.progress.of(exercise.name).state
    sign = {"": " ", "started": "…"}.get(state, PASSED)
    arrow = ">" if exercise.name == work.progress.current else " "
    note = " (with the solution)" if "with" in state else ""
    minutes = f"{exercise.minutes:3} min"
    name = f"{exercise.name:{width}}"
    return f"{arrow} {sign} {name}  {minutes}  {exercise.title}{note}"
