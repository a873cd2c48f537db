"""`course bench`: what was asked for, played, printed and written down."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from course import redis_server
from course.bench import machine, report
from course.bench.programme import FIVE_STEPS, LONG_ONLY, STEP_05
from course.bench.rounds import arena, play_rounds
from course.bench.scenarios import Scenario
from course.errors import CourseError
from course.figures import goals
from course.figures.medians import medians
from course.processes import stopped_by_signals
from course.steps import ROOT, Step

# The figures that the lessons show are recorded by `tools record-bench`.
RESULTS = ROOT / "build" / "bench"


def bench(
    step: Step | None,
    quick: bool,
    out: str | None,
    scenario: str | None,
    only: str | None,
    rounds: int | None,
) -> int:
    """Measure the five steps, or step 05 beside others; print tables and write JSON."""
    programme = FIVE_STEPS if step is None else STEP_05
    name = "bench-steps" if step is None else f"bench-{step.number}"
    if scenario == "list":
        return show_programme(programme)
    if not redis_server.is_available():
        raise CourseError(f"The bench needs Redis.\n{redis_server.HOW_TO_GET_ONE}")
    chosen = choose(programme, quick, scenario, only)
    rounds = rounds or (1 if quick or step is None else 3)
    folder = Path(out) if out else RESULTS
    with said_if_stopped(), stopped_by_signals(), arena() as place:
        surroundings = machine.surroundings(place.database)
        seconds, tries = seconds_of(step, quick), 1 if quick else 3
        rows = play_rounds(place, chosen, rounds, seconds, tries)
    figures = medians(rows)
    verdicts = goals.judged(figures) if step else []
    report.print_tables(chosen, report.with_ratios(figures))
    if step:
        print(report.aligned(goals.lines_of(verdicts)), end="\n\n")
    report.say_how_calm(figures)
    print(machine.in_words(surroundings))
    path = folder / f"{name}.json"
    surroundings["quick"] = quick
    report.write_json(path, surroundings, rows, goals=verdicts)
    print(f"Everything that was measured is in {path}.")
    return 0


@contextlib.contextmanager
def said_if_stopped() -> Iterator[None]:
    """Say that a run that somebody has stopped leaves nothing behind."""
    try:
        yield
    except KeyboardInterrupt:
        print("\nStopped. Nothing was written.", file=sys.stderr)
        raise


def seconds_of(step: Step | None, quick: bool) -> float:
    """Return how long one measurement takes."""
    if step is None:
        return 1 if quick else 5
    return 2 if quick else 3


def show_programme(programme: list[Scenario]) -> int:
    """Print the names of the scenarios and of the chats."""
    for scenario in programme:
        print(f"{scenario.name:16}  {scenario.title}")
        print(f"{'':16}  {', '.join(scenario.chats)}")
    return 0


def choose(
    programme: list[Scenario], quick: bool, scenario: str | None, only: str | None
) -> list[Scenario]:
    """Return the scenarios that were asked for, with the chats that were asked for."""
    scenarios = words_of(scenario, {one.name for one in programme}, "scenario")
    chats = words_of(only, {chat for one in programme for chat in one.chats}, "chat")
    chosen = []
    for one in programme:
        if scenarios and one.name not in scenarios:
            continue
        if quick and not (one.quick or scenarios):
            continue
        wanted = [
            chat
            for chat in one.chats
            if (chat in chats if chats else not quick or chat not in LONG_ONLY)
        ]
        if wanted:
            chosen.append(replace(one, chats=tuple(wanted)))
    if not chosen:
        raise CourseError(
            f"None of these chats takes part in {scenario}."
            " To see which ones do: python3 -m course bench 05 --scenario list"
        )
    return chosen


def words_of(typed: str | None, known: set[str], what: str) -> set[str]:
    """Return names with commas between them; raise CourseError for an unknown one."""
    words = set(filter(None, (typed or "").split(",")))
    for word in sorted(words - known):
        raise CourseError(
            f'There is no {what} "{word}". They are: {", ".join(sorted(known))}.'
        )
    return words
