"""The commands of `course exercise` that only print; `screen` has the one with keys."""

import os
import sys
import time
from pathlib import Path

from course import run
from course.asking import confirm
from course.compare import coloured
from course.errors import CourseError
from course.exercise import catalogue, checking, handed_in, reports, serving
from course.exercise.catalogue import Exercise
from course.exercise.copies import shown
from course.exercise.words import (
    heading,
    lines_of,
    list_lines,
    question_before_reset,
    questions_before_solution,
    total_of,
)
from course.exercise.work import Work
from course.processes import stopped_by_signals

USAGE = """\
  python3 -m course exercise                 continue where you stopped
  python3 -m course exercise NAME            work on one
  python3 -m course exercise list            all of them, and how far you are
  python3 -m course exercise check NAME      check it once
  python3 -m course exercise check --all     check all that you have started
  python3 -m course exercise check NAME FOLDER   for teachers: check what was handed in
  python3 -m course exercise hint NAME       one more hint
  python3 -m course exercise open NAME       your copy, in the browser
  python3 -m course exercise diff NAME       what you changed
  python3 -m course exercise solution NAME   our solution, next to yours
  python3 -m course exercise reset NAME      start again; your copy is moved, not deleted
  python3 -m course exercise report          a file to hand in: names, times, states
  python3 -m course exercise report FOLDER   the reports of a class, as one table"""


def exercise(words: list[str], options) -> int:
    """Do what the words after `exercise` say; return the exit code."""
    verbs = {
        "list": list_all,
        "check": check,
        "hint": hint,
        "open": open_copy,
        "diff": diff,
        "solution": solution,
        "reset": reset,
        "report": report,
    }
    verb = words[0] if words else ""
    if verb in verbs:
        return verbs[verb](words[1:], options)
    if len(words) > 1:
        raise CourseError(f'"{" ".join(words)}" is more than one name. Try:\n{USAGE}')
    work = Work()
    chosen = catalogue.find(verb) if verb else work.next_one()
    return watch(work, chosen)


def one_name(words: list[str], work: Work) -> Exercise:
    """Return the exercise that was named, or the current one."""
    if len(words) > 1:
        raise CourseError(f'"{" ".join(words)}" is more than one name. Try:\n{USAGE}')
    if words:
        return catalogue.find(words[0])
    if not work.progress.current:
        raise CourseError(f"Which exercise? Try:\n{USAGE}")
    return catalogue.find(work.progress.current)


def started(words: list[str], work: Work) -> Exercise:
    """Return the exercise that was named; make the student's copy if there is none."""
    chosen = one_name(words, work)
    for line in work.start(chosen):
        print(line)
    return chosen


def watch(work: Work, chosen: Exercise) -> int:
    """Work on an exercise, checked at each save, with keys."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or is_dumb():
        raise CourseError(
            "This terminal can't show the screen with the keys. These commands work in"
            f" any terminal:\n{USAGE}"
        )
    from course.exercise.screen import Screen

    said = work.start(chosen)
    with stopped_by_signals():
        return Screen(work, chosen, said).run() or 0


def is_dumb() -> bool:
    """Tell whether the terminal can only print lines."""
    return os.environ.get("TERM") == "dumb"


def list_all(words: list[str], options) -> int:
    """Print all exercises, and how far the student is."""
    print("\n".join(list_lines(Work())))
    print("\nContinue: python3 -m course exercise")
    return 0


def check(words: list[str], options) -> int:
    """Check one exercise, or all that the student has started."""
    work = Work()
    if options.all:
        return check_all(work)
    if len(words) == 2 and is_for_a_teacher(*words, work):
        return handed_in.check(catalogue.find(words[0]), words[1])
    chosen = started(words, work)
    outcome = run_checks(work, chosen)
    print(f"\n{chosen.name}: {heading(chosen)}\n")
    print("\n".join(f"  {line}" for line in lines_of(outcome)))
    say_printed(outcome)
    print(f"\n{total_of(outcome)}")
    if outcome.first_failure and options.trace:
        print(f"\n{outcome.first_failure.trace}")
    elif outcome.first_failure:
        print(f"The traceback: python3 -m course exercise check {chosen.name} --trace")
    if outcome.is_solved:
        print(f"Next: python3 -m course exercise {work.after(chosen).name}")
    return 0 if outcome.is_solved else 1


def is_for_a_teacher(name: str, folder: str, work: Work) -> bool:
    """Tell whether the words after `check` are an exercise and a folder."""
    return Path(folder).is_dir() or name in {one.name for one in work.exercises}


def run_checks(work: Work, chosen: Exercise) -> checking.Outcome:
    """Run the checks of an exercise once, and record the result."""
    with stopped_by_signals(), checking.environment_for(chosen) as env:
        outcome = work.run(chosen, env).outcome()
    work.note(chosen, outcome)
    return outcome


def say_printed(outcome: checking.Outcome) -> None:
    """Print what the solution printed."""
    if outcome.printed.strip():
        print("\nYour code printed:")
        print("\n".join(f"  {line}" for line in outcome.printed.splitlines()))


def check_all(work: Work) -> int:
    """Check every exercise that the student has started, and say what has changed in them."""
    # Stages of a series share a folder: there, the furthest one counts.
    copies = {one.folder: one for one in work.exercises if work.copy_of(one).exists}
    chosen = list(copies.values())
    if not chosen:
        print("You haven't started any exercise yet. Begin: python3 -m course exercise")
        return 0
    failed = 0
    for one in chosen:
        entry = work.progress.of(one.name)
        was_solved = entry.solved is not None
        news = work.news(one)
        outcome = run_checks(work, one)
        failed += not outcome.is_solved
        print(f"{'✓' if outcome.is_solved else '✗'} {one.name}: {total_of(outcome)}")
        for line in news:
            print(f"    {line}")
        if was_solved and not outcome.is_solved:
            print(
                "    You had solved it: since then, your copy or the exercise has changed."
            )
        if not outcome.is_solved:
            print(f"    {lines_of(outcome)[0]}")
    print(f"\n{len(chosen) - failed} of {len(chosen)} started exercises are solved.")
    return 1 if failed else 0


def hint(words: list[str], options) -> int:
    """Print one more hint."""
    work = Work()
    chosen = one_name(words, work)
    copy = work.copy_of(chosen)
    text = work.next_hint(chosen)
    shown_now = work.progress.of(chosen.name).hints
    if text is None:
        print(f"You've had all {len(chosen.hints)} hints:\n")
        print("\n\n".join(copy.filled(one) for one in chosen.hints))
        if chosen.solution:
            print(f"\nOur solution: python3 -m course exercise solution {chosen.name}")
        return 0
    print(f"Hint {shown_now} of {len(chosen.hints)}:\n\n{copy.filled(text)}")
    return 0


def open_copy(words: list[str], options) -> int:
    """Serve the student's copy and open it in the browser, until Ctrl-C."""
    work = Work()
    chosen = started(words, work)
    with run.served() as ending:
        env = ending.enter_context(checking.environment_for(chosen))
        made = serving.serving(work.copy_of(chosen), env, run.say)
        process, url = ending.enter_context(made)
        run.say(f"\n  {url}\n\nThe server reloads at each save. Ctrl-C stops it.\n")
        run.open_browser(url, not options.no_browser)
        while not process.has_ended():
            time.sleep(0.2)
        raise CourseError(process.obituary())


def diff(words: list[str], options) -> int:
    """Print what the student changed."""
    work = Work()
    chosen = started(words, work)
    lines = work.copy_of(chosen).changed()
    print("\n".join(map(coloured, lines)) or "You haven't changed anything yet.")
    return 0


def solution(words: list[str], options) -> int:
    """Print our solution, after asking twice."""
    work = Work()
    chosen = one_name(words, work)
    copy = work.copy_of(chosen)
    if not chosen.solution:
        raise CourseError(
            f"There's no published solution of {chosen.name}: it's yours to find. The hints"
            f" may help: python3 -m course exercise hint {chosen.name}"
        )
    entry = work.progress.of(chosen.name)
    if not entry.solved:
        for question in questions_before_solution(chosen, entry.hints):
            confirm(question, options.yes)
        work.note_solution_seen(chosen)
    if copy.exists and copy.changed():
        print("What you changed:\n")
        print("\n".join(map(coloured, copy.changed())))
        print("\nOur solution:\n")
    print("\n".join(map(coloured, copy.solution())))
    print(f"\n{chosen.reason}")
    return 0


def reset(words: list[str], options) -> int:
    """Put the student's copy aside and make a new one, after asking."""
    work = Work()
    chosen = one_name(words, work)
    copy = work.copy_of(chosen)
    if not copy.folder.is_dir():
        print(f"There's nothing to reset: {shown(copy.folder)} doesn't exist.")
        return 0
    confirm(question_before_reset(chosen, shown(copy.folder)), options.yes)
    said = work.reset(chosen)
    print("\n".join([f"{shown(copy.folder)} is new again.", *said]))
    return 0


def report(words: list[str], options) -> int:
    """Write a student's report, or the table of a class."""
    if len(words) > 1:
        raise CourseError(
            "One folder at a time: python3 -m course exercise report FOLDER"
        )
    return reports.combine(words[0]) if words else reports.write(Work(), options.name)
