"""Checks the checks: each exercise against its own right and wrong solutions.

python3 -m tools verify NAME            every solution of an exercise
python3 -m tools verify NAME VARIANT    one of them, written into build/exercises/
"""

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course.errors import CourseError
from course.exercise import catalogue, checking, copies
from course.exercise.catalogue import Exercise, Variant
from course.steps import ROOT

AT_ONCE = 4  # most of a wrong run is waiting for what never comes
PATIENCE = {"EXERCISE_PATIENCE": "4"}  # seconds; nobody waits, so a slow machine may


# Loading these takes most of a run, and they hold nothing of a solution.
PRELOADED = [
    "pytest",
    "pytest_asyncio.plugin",
    "pytest_django.plugin",
    "django.test",
    "django.contrib.staticfiles.handlers",
    "channels.generic.websocket",
    "channels.layers",
    "channels.testing",
    "channels_redis.core",
    "daphne.server",
]


class QuickRun(checking.Run):
    """A run in a process that is forked from one with the libraries loaded.

    Otherwise it is the run that a student starts: a process of its own, in a group of
    its own, that loads the kit, the settings and the solution.
    """

    def run(self, results: Path, output: Path) -> int | None:
        """Run the checks; return the exit code, or None if they had to be ended."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        # The first failure is the verdict; the checks after it would only wait in vain.
        words = [str(self.exercise.checks), str(results), "--exitfirst"]
        process = context.Process(
            target=run_inside, args=(str(self.folder), self.env, words, str(output))
        )
        process.start()
        process.join(checking.LIMIT)
        ended = process.exitcode
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return ended


def run_inside(folder: str, env: dict[str, str], words: list[str], output: str) -> None:
    """Become what `python -m course.exercise.inside` is."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.dont_write_bytecode = True
    sys.argv = ["inside", *words]
    for number, place in enumerate((os.devnull, output, output)):
        flags = os.O_RDWR | os.O_CREAT | (os.O_APPEND if number else 0)
        os.dup2(os.open(place, flags), number)
    from course.exercise import inside

    sys.exit(inside.main())


RUN = checking.Run if os.name == "nt" else QuickRun


def verify(exercise: Exercise) -> list[str]:
    """Return what is wrong with the checks of an exercise; empty if they can be trusted."""
    problems = list(incomplete(exercise))
    variants = [exercise.start, *exercise.right.values(), *exercise.wrong.values()]
    with checking.environment_for(exercise) as env, ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(
            lambda one: problem_with(exercise, one, env | PATIENCE), variants
        )
        problems += filter(None, found)
    return problems


def incomplete(exercise: Exercise) -> Iterator[str]:
    """Yield what an exercise lacks."""
    if len(exercise.right) < 2:
        yield f"{exercise.name}: two right solutions of different design are needed."
    if len(exercise.wrong) < 3:
        yield f"{exercise.name}: three plausible wrong solutions are needed."
    for variant in exercise.wrong.values():
        for key in ("about", "rejected_by", "says", "teaches"):
            if not getattr(variant, key):
                yield f"{variant.source}: {key} is missing."


def problem_with(exercise: Exercise, variant: Variant, env: dict[str, str]) -> str:
    """Return what is wrong with the checks' verdict on one solution; empty if nothing."""
    with tempfile.TemporaryDirectory() as place:
        # Resolved: on macOS, the temporary folder is a link.
        folder = Path(place).resolve() / "work"
        write(exercise, variant, folder)
        outcome = RUN(exercise, folder, env).outcome()
    where = f"{exercise.name}, {variant.source.parent.name}/{variant.name}"
    failed = outcome.first_failure
    if variant is exercise.start or variant.is_wrong:
        if outcome.is_solved:
            return f"{where} passes, but must not."
        if not failed:
            return f"{where}: {outcome.trouble or 'no check ran'}"
        if not variant.is_wrong:
            return ""
        if failed.name.partition("[")[0] != variant.rejected_by:
            return (
                f"{where}: {failed.name} fails first, not {variant.rejected_by}:"
                f" {failed.says}"
            )
        if variant.says not in failed.says:
            return f'{where}: "{variant.says}" is not in "{failed.says}"'
        return ""
    if outcome.is_solved:
        return ""
    why = f"{failed.name}: {failed.says}\n{failed.trace}" if failed else outcome.trouble
    return f"{where} must pass, but doesn't. {why}"


def write(exercise: Exercise, variant: Variant, folder: Path) -> None:
    """Write a solution, or the start, into a new folder."""
    if variant is exercise.start:
        copies.build_start(exercise, folder)
    else:
        copies.build(exercise, variant, folder)


def command(name: str | None, variant: str | None) -> int:
    """Verify one exercise or all, or write one solution into build/exercises/."""
    exercises = [catalogue.find(name)] if name else catalogue.load()
    if variant:
        return show(exercises[0], variant)
    bad = 0
    for exercise in exercises:
        problems = verify(exercise)
        bad += bool(problems)
        print(
            f"{exercise.name}: {'wrong' if problems else 'can be trusted'}", flush=True
        )
        for problem in problems:
            print(f"  {problem}")
    return 1 if bad else 0


def show(exercise: Exercise, name: str) -> int:
    """Write one solution into build/exercises/, and print how its checks go."""
    known = {"start": exercise.start} | exercise.right | exercise.wrong
    if name not in known:
        raise CourseError(
            f'There is no solution "{name}". There are: {", ".join(known)}.'
        )
    folder = ROOT / "build" / "exercises" / exercise.name / name
    shutil.rmtree(folder, ignore_errors=True)
    write(exercise, known[name], folder)
    print(folder)
    with checking.environment_for(exercise) as env:
        outcome = checking.check(exercise, folder, env)
    for result in outcome.results:
        print(f"  {result.state:8} {result.name}: {result.says or result.sentence}")
    if outcome.first_failure:
        print(outcome.first_failure.trace)
    print(*outcome.notes, outcome.trouble, outcome.printed, sep="\n")
    return 0 if outcome.is_solved else 1
