"""`course doctor`: what this machine, or a project of your own, is missing."""

import os
import shutil
import sys
import webbrowser
from collections.abc import Iterator
from typing import NamedTuple

from course import chromium, environment, readiness, redis_server
from course.errors import CourseError, for_this_system
from course.processes import holder_of, is_free
from course.steps import FIRST_PORT, ROOT, load_steps

NEWEST_TESTED = (3, 14)  # Python; reference/versions.md says the same

STEP = "step "  # how the finding about a step begins

MARKS = {"good": "ok   ", "risk": "RISK ", "wrong": "WRONG"}


class Finding(NamedTuple):
    """What the doctor says about one thing.

    `stops` is there if a student can't take part in a class like that: a few words for the
    line to send back.
    """

    level: str
    what: str
    advice: str = ""
    stops: str = ""


def examine_machine() -> int:
    """Print what the course finds on this machine; return 1 if something is missing.

    The last line is the one that a student sends back before a class.
    """
    worst, first, loaded = 0, "", 0
    for found in examinations():
        print(f"{MARKS[found.level]}  {found.what}", flush=True)
        if found.level != "good":
            print(f"       {for_this_system(found.advice)}")
        elif found.what.startswith(STEP):
            loaded += 1
        worst = max(worst, found.level == "wrong")
        first = first or found.stops
    print(for_this_system("\nA project of your own: python3 -m course doctor FOLDER\n"))
    print(for_this_system(readiness.line(first, loaded)))
    return int(worst)


def examinations() -> Iterator[Finding]:
    """Yield a finding for each thing that the course needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] <= NEWEST_TESTED:
        yield Finding("good", f"Python {version} ({sys.executable})")
    else:
        newest = ".".join(map(str, NEWEST_TESTED))
        advice = (
            f"The course is tested up to {newest}. If a package fails, use that one."
        )
        what = f"Python {version} is newer than the course ({sys.executable})"
        yield Finding("risk", what, advice)
    yield from examine_packages()
    yield from examine_redis()
    yield from examine_browser()
    yield from examine_ports()
    if shutil.which("git"):
        yield Finding("good", "git")
    else:
        advice = "Cloning the course needs it: https://git-scm.com"
        yield Finding("risk", "no git", advice)
    yield from examine_steps()  # last: it takes some seconds


def examine_packages() -> Iterator[Finding]:
    """Look for the packages, in this Python or in `.venv`."""
    if has_packages():
        yield Finding("good", "the packages of the course")
    else:
        advice = "The first `python3 -m course run` installs them, from the internet."
        what = "the packages of the course are not installed yet"
        stops = "the packages are not installed yet; run python3 -m course run once"
        yield Finding("risk", what, advice, stops)


def has_packages() -> bool:
    """Tell whether this Python has what `course run` needs."""
    return environment.has_everything(list(environment.requirements_of("run")))


def examine_redis() -> Iterator[Finding]:
    """Look for a Redis that steps 04 and 05 can use."""
    if url := os.environ.get("REDIS_URL"):
        try:
            redis_server.check(url)
            yield Finding("good", "Redis, where REDIS_URL points")
        except CourseError as problem:
            stops = "no Redis answers where REDIS_URL points"
            yield Finding("wrong", "REDIS_URL", str(problem), stops)
        return
    program = redis_server.find_program()
    if program is None and not has_packages():
        advice = (
            "You don't have to install one: the first `python3 -m course run` does."
        )
        yield Finding("risk", "no Redis yet", advice)
    elif program is None:
        advice = redis_server.HOW_TO_GET_ONE.replace("\n", "\n       ")
        what = "no Redis server found from this Python"
        yield Finding("risk", what, advice, "no Redis was found, for steps 04 and 05")
    elif program.is_stand_in:
        yield Finding("risk", f"Redis: {program}", redis_server.STAND_IN_LACKS)
    else:
        yield Finding("good", f"Redis: {program}")
    for old in redis_server.programs():
        if old.is_too_old:
            advice = (
                "channels_redis needs Redis 5 or newer, so the course doesn't use it."
            )
            yield Finding("risk", f"an old Redis: {old}", advice)


def examine_steps() -> Iterator[Finding]:
    """Load each step as a server would, with a Redis for those that need one."""
    if not has_packages():
        return
    for number, problem in readiness.try_steps().items():
        if problem:
            what = f"step {number} does not load"
            yield Finding("wrong", what, problem, what)
        elif problem is None:
            yield Finding("risk", f"{STEP}{number} was not tried", "It needs a Redis.")
        else:
            yield Finding("good", f"{STEP}{number} loads")


def examine_browser() -> Iterator[Finding]:
    """Look for a browser that the tests can drive."""
    if found := chromium.find():
        yield Finding("good", f"a Chromium for the tests: {found}")
        return
    what = "no Chromium: the browser tests will be skipped"
    try:
        webbrowser.get()
        stops = ""  # another browser does for everything but the tests
    except webbrowser.Error:
        stops = "no browser was found"
    yield Finding("risk", what, chromium.ADVICE, stops)


def examine_ports() -> Iterator[Finding]:
    """Look whether the ports of `course run` are free."""
    for port in [FIRST_PORT] + [step.port for step in load_steps()]:
        if not is_free(port):
            holder = holder_of(port)
            who = f" ({holder})" if holder else ""
            advice = "Stop it, or: python3 -m course run --port 9000"
            what = f"port {port} is busy{who}"
            yield Finding("risk", what, advice, what)
            return
    yield Finding("good", "the ports 8000 to 8005 are free")


def examine_project(folder: str, options: list[str]) -> int:
    """Print what is wrong in a student's project; return 1 if something doesn't work."""
    sys.path.insert(0, str(ROOT / "doctor"))  # a package of its own; not installed
    from channels_doctor.cli import main

    return main([*options, "--", folder])
