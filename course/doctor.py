"""`course doctor`: what this machine, or a project of your own, is missing."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from course import chromium, environment, redis_server
from course.errors import CourseError, for_this_system
from course.processes import holder_of, is_free
from course.project_doctor import examine
from course.steps import FIRST_PORT, load_steps

NEWEST_TESTED = (3, 14)  # Python; reference/versions.md says the same

MARKS = {"good": "ok   ", "risk": "RISK ", "wrong": "WRONG"}


def examine_machine() -> int:
    """Print what the course finds on this machine; return 1 if something is missing."""
    worst = 0
    for level, what, advice in examinations():
        print(f"{MARKS[level]}  {what}")
        if level != "good":
            print(f"       {for_this_system(advice)}")
        worst = max(worst, level == "wrong")
    print(for_this_system("\nA project of your own: python3 -m course doctor FOLDER"))
    return int(worst)


def examinations() -> Iterator[tuple[str, str, str]]:
    """Yield level, finding and advice for each thing that the course needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] <= NEWEST_TESTED:
        yield "good", f"Python {version} ({sys.executable})", ""
    else:
        newest = ".".join(map(str, NEWEST_TESTED))
        advice = (
            f"The course is tested up to {newest}. If a package fails, use that one."
        )
        yield (
            "risk",
            f"Python {version} is newer than the course ({sys.executable})",
            advice,
        )
    yield from examine_packages()
    yield from examine_redis()
    yield from examine_browser()
    yield from examine_ports()
    if shutil.which("git"):
        yield "good", "git", ""
    else:
        yield "risk", "no git", "Cloning the course needs it: https://git-scm.com"


def examine_packages() -> Iterator[tuple[str, str, str]]:
    """Look for the packages, in this Python or in `.venv`."""
    if has_packages():
        yield "good", "the packages of the course", ""
    else:
        advice = "The first `python3 -m course run` installs them, from the internet."
        yield "risk", "the packages of the course are not installed yet", advice


def has_packages() -> bool:
    """Tell whether this Python has what `course run` needs."""
    return environment.has_everything(list(environment.requirements_of("run")))


def examine_redis() -> Iterator[tuple[str, str, str]]:
    """Look for a Redis that steps 04 and 05 can use."""
    if url := os.environ.get("REDIS_URL"):
        try:
            redis_server.check(url)
            yield "good", "Redis, where REDIS_URL points", ""
        except CourseError as problem:
            yield "wrong", "REDIS_URL", str(problem)
        return
    program = redis_server.find_program()
    if program is None and not has_packages():
        advice = (
            "You don't have to install one: the first `python3 -m course run` does."
        )
        yield "risk", "no Redis yet", advice
    elif program is None:
        advice = redis_server.HOW_TO_GET_ONE.replace("\n", "\n       ")
        yield "risk", "no Redis server found from this Python", advice
    elif program.is_stand_in:
        yield "risk", f"Redis: {program}", redis_server.STAND_IN_LACKS
    else:
        yield "good", f"Redis: {program}", ""
    for old in redis_server.programs():
        if old.is_too_old:
            advice = (
                "channels_redis needs Redis 5 or newer, so the course doesn't use it."
            )
            yield "risk", f"an old Redis: {old}", advice


def examine_browser() -> Iterator[tuple[str, str, str]]:
    """Look for a browser that the tests can drive."""
    if found := chromium.find():
        yield "good", f"a Chromium for the tests: {found}", ""
    else:
        yield "risk", "no Chromium: the browser tests will be skipped", chromium.ADVICE


def examine_ports() -> Iterator[tuple[str, str, str]]:
    """Look whether the ports of `course run` are free."""
    for port in [FIRST_PORT] + [step.port for step in load_steps()]:
        if not is_free(port):
            holder = holder_of(port)
            who = f" ({holder})" if holder else ""
            advice = "Stop it, or: python3 -m course run --port 9000"
            yield "risk", f"port {port} is busy{who}", advice
            return
    yield "good", "the ports 8000 to 8005 are free", ""


def examine_project(folder: str) -> int:
    """Print what is wrong in a student's project; return 1 if something will not work."""
    findings = examine(Path(folder))
    for finding in findings:
        print(f"{MARKS[finding.level]}  {finding.where}")
        print(f"       {finding.what}\n       {finding.do}\n")
    wrong = sum(finding.level == "wrong" for finding in findings)
    print(
        f"{wrong} that won't work, {len(findings) - wrong} that will cause trouble later."
    )
    return 1 if wrong else 0
