"""The last line of `course doctor`: what a student sends back before the class.

"Ready: Python 3.13.0, Windows 11, Redis stand-in, 5 of 5 steps · 7f3a", or else the first
thing to fix. The end names the version of the course: the same everywhere, if all have
the same clone.
"""

import contextlib
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course import redis_server, servers
from course.environment import LOCK
from course.errors import CourseError
from course.steps import ROOT, STEPS, Step, load_steps

GREEN, RED = "32", "31"
SLOWEST = 60  # seconds, to load one step; it takes one or two


def line(problem: str, loaded: int) -> str:
    """Return the line to send back; `problem` is the first thing to fix, or empty."""
    about = ", ".join(
        [
            f"Python {'.'.join(map(str, sys.version_info[:3]))}",
            system(),
            redis_kind(),
            f"{loaded} of {len(load_steps())} steps",
        ]
    )
    if problem:
        return coloured(f"Not ready: {problem}. ({about} · {version()})", RED)
    return coloured(f"Ready: {about} · {version()}", GREEN)


def system() -> str:
    """Return this system's name and version, such as "Windows 11"."""
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    if sys.platform == "win32":
        return f"Windows {platform.release()}"
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def redis_kind() -> str:
    """Return which Redis the steps would use, in two or three words."""
    if os.environ.get("REDIS_URL"):
        return "Redis of REDIS_URL"
    program = redis_server.find_program()
    if program is None:
        return "no Redis"
    if program.is_stand_in:
        return "Redis stand-in"
    name = "Valkey" if "valkey" in str(program).lower() else "Redis"
    return f"{name} {'.'.join(map(str, program.version))}"


def version() -> str:
    """Return four letters and digits that name the version of the course.

    Only of what a student doesn't edit: the tool, the lock and the list of the steps. Line
    ends don't count, because Git may write others on Windows.
    """
    digest = hashlib.sha256()
    files = [LOCK, STEPS / "steps.toml", *(ROOT / "course").rglob("*.py")]
    for path in sorted(files, key=lambda path: path.relative_to(ROOT).as_posix()):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:4]


def coloured(text: str, colour: str) -> str:
    """Return a text in a colour, on a terminal that has colours."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[1;{colour}m{text}\033[0m"


def try_steps() -> dict[str, str | None]:
    """Load each step, with a Redis where it needs one; return what is wrong, by number.

    Empty if nothing is, None where a step was not tried, because there is no Redis.
    """
    with tempfile.TemporaryDirectory() as logs, contextlib.ExitStack() as stack:
        url = None
        with contextlib.suppress(CourseError):  # the doctor has said why
            url = stack.enter_context(redis_server.running(Path(logs)))
        steps = [step for step in load_steps() if url or "redis" not in step.needs]
        with ThreadPoolExecutor() as pool:
            problems = pool.map(lambda step: problem_of_step(step, url), steps)
            found = {
                step.number: one for step, one in zip(steps, problems, strict=True)
            }
    return {step.number: found.get(step.number) for step in load_steps()}


def problem_of_step(step: Step, redis_url: str | None) -> str:
    """Return why Django can't load a step, or why its checks fail; empty if neither."""
    command = [sys.executable, "manage.py", "check"]
    env = os.environ | servers.environment_of(step, redis_url) | {"PYTHONUTF8": "1"}
    try:
        result = subprocess.run(
            command,
            cwd=step.path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SLOWEST,
        )
    except subprocess.TimeoutExpired:
        return f"It takes longer than {SLOWEST} seconds."
    except OSError as problem:  # its folder is gone, or not readable
        return str(problem)
    if result.returncode == 0:
        return ""
    said = [one.strip() for one in result.stderr.splitlines() if one.strip()]
    return next(chosen_from(said), "It ends without a word.")


def chosen_from(said: list[str]) -> Iterator[str]:
    """Yield the line that says what is wrong: a failed check, or the end of a traceback."""
    yield from (one for one in said if one.startswith("?:") or ": (" in one)
    yield from reversed(said)
