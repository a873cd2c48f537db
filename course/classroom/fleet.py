"""What runs in a class: the lessons, the chats of the five steps, Redis.

Each answers on this machine and at the class's address, and nowhere else. The chats run
from copies in `build/class`, so that a class doesn't touch anybody's own database.
"""

import contextlib
import functools
import secrets
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course import compare, redis_server, servers
from course.classroom.unit import Unit
from course.errors import CourseError
from course.processes import Process, holder_of, is_free, is_listening
from course.steps import FIRST_PORT, LOGS, ROOT, Step, find_step, load_steps

FOLDER = ROOT / "build" / "class"

# Where each unit listens, if --port doesn't say otherwise.
PORTS = {
    "lessons": 8000,
    "01": 8001,
    "02": 8002,
    "03": 8003,
    "04": 8004,
    "05": 8005,
    "02t": 8012,
    "03b": 8013,
    "04b": 8014,
    "05b": 8015,
    "redis": 6399,
}
ROOM_PORT = 8080  # the phone's page
DESK_PORT = 8100  # the desk and the projector, on this machine only
LAST_PORT = 8080  # of those that the room uses, besides Redis

FRESH = "fresh.db"  # a step's database as it was at the start

AT_THE_START = ["redis", "01", "02", "03", "04", "05", "lessons"]
SEATS = 4  # of 02t: threads of its WSGI server
MANY_THREADS = 300  # of 01: one for each page that polls, as `runserver` has

# What people in the room may not do with the class's Redis: change its settings, which
# includes where it writes files, or delete what others have stored.
RIGHTS = ["~*", "+@all", "-@admin", "-@dangerous", "+keys", "+info"]


class Fleet:
    """Everything that runs, by name. All methods block."""

    def __init__(
        self, address: str, first_port: int = FIRST_PORT, folder: Path = FOLDER
    ) -> None:
        self.address = address
        self.shift = first_port - FIRST_PORT
        self.folder = folder
        # At the address second: a student's tool looks at 127.0.0.1.
        self.hosts = list(dict.fromkeys([servers.HOST, address]))
        self.password = secrets.token_urlsafe(9).replace("-", "x").replace("_", "y")
        self.program = redis_server.find_program()
        self.locks = {step.number: threading.Lock() for step in load_steps()}
        self.at_the_start = AT_THE_START
        self.prepared = {}  # by step: its folder, once its database is ready
        self.units = {name: self.unit(name) for name in PORTS}

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __getitem__(self, name: str) -> Unit:
        try:
            return self.units[name]
        except KeyError:
            names = ", ".join(self.units)
            raise CourseError(
                f'There is no server "{name}". There are: {names}.'
            ) from None

    def state(self) -> list[dict]:
        """Return what the desk shows of each unit."""
        return [unit.described() for unit in self.units.values()]

    # ---- The units

    def port(self, name: str) -> int:
        """Return the port of a unit."""
        return PORTS[name] + self.shift

    def unit(self, name: str) -> Unit:
        """Return a unit, not yet started."""
        port = self.port(name)
        if name == "redis":
            up = functools.partial(is_listening, port)
            return Unit(name, "Redis", port, self.make_redis, up, scheme="redis")
        if name == "lessons":
            answers = functools.partial(self.answers, port, "/")
            return Unit(name, "The site", port, self.make_lessons, answers)
        step = find_step(name[:2])
        title = f"Step {step.number}"
        title += {"b": ", second server", "t": f" under WSGI, {SEATS} threads"}.get(
            name[2:], ""
        )
        answers = functools.partial(self.answers, port, "/chat/")
        make = functools.partial(self.make_step, name, step)
        return Unit(name, title, port, make, answers, "/chat/")

    def answers(self, port: int, path: str) -> bool:
        """Tell whether a server shows its page, on this machine and at the address."""
        return all(
            servers.answers(f"http://{host}:{port}{path}") for host in self.hosts
        )

    def make_step(self, name: str, step: Step) -> Process:
        """Prepare the copy of a step; return the process that serves it."""
        port = self.port(name)
        if "redis" in step.needs and self.program is None:
            raise CourseError(redis_server.HOW_TO_GET_ONE)
        self.claim(name)
        folder = self.prepare(step)
        words = [sys.executable, "-m"]
        if name == "02t" or step.servers == ["wsgi"]:
            threads = SEATS if name == "02t" else MANY_THREADS
            words += ["waitress", f"--threads={threads}", "--connection-limit=1000"]
            words += [f"--listen={host}:{port}" for host in self.hosts]
            words.append("config.wsgi:application")
        else:
            words += ["daphne", "-v", "0"]
            for host in self.hosts:
                words += ["-e", f"tcp:{port}:interface={host}"]
            words.append("config.asgi:application")
        title = self.units[name].title
        log = LOGS / f"class-{name}.log"
        return Process(title, words, folder, log, self.environment_of(step, port))

    def environment_of(self, step: Step, port: int) -> dict[str, str]:
        """Return the variables of a step's server."""
        names = dict.fromkeys([*self.hosts, "localhost"])
        return servers.environment_of(step, self.redis_url) | {
            "DJANGO_SETTINGS_MODULE": "course.classroom.step_settings",
            "PYTHONPATH": str(ROOT),
            "CLASS_HOSTS": " ".join(names),
            "ORIGINS": " ".join(f"http://{name}:{port}" for name in names),
        }

    def prepare(self, step: Step) -> Path:
        """Copy a step and make its database, the first time; return its folder."""
        folder = self.folder / step.folder
        with self.locks[step.number]:
            if step.number not in self.prepared:
                compare.copy(step, folder)
                database = folder / "db.sqlite3"
                is_new = not database.exists()  # else it's from the class before
                # The step's own settings: not what this class, or this shell, has set.
                env = servers.environment_of(step, self.redis_url) | {"ORIGINS": ""}
                servers.prepare(step, folder, env)
                (folder / FRESH).unlink(missing_ok=True)
                if is_new and database.exists():
                    copy_database(database, folder / FRESH)
                self.prepared[step.number] = folder
        return folder

    def empty(self, step: Step) -> None:
        """Bring the database of a step back to its start; its servers have stopped."""
        folder = self.folder / step.folder
        with self.locks[step.number]:
            for file in folder.glob("*.sqlite3*"):
                file.unlink(missing_ok=True)
            if (folder / FRESH).exists():
                copy_database(folder / FRESH, folder / "db.sqlite3")
            else:
                self.prepared.pop(step.number, None)

    def make_redis(self) -> Process:
        """Return the process of the class's own Redis."""
        if self.program is None:
            raise CourseError(redis_server.HOW_TO_GET_ONE)
        self.claim("redis")
        port = self.port("redis")
        options = [] if self.program.is_stand_in else self.redis_options()
        command = self.program.command(port, *options)
        return Process("Redis", command, ROOT, LOGS / "class-redis.log")

    def redis_options(self) -> list[str]:
        """Return how the class's Redis differs from one of our own."""
        options = ["--bind", *self.hosts]
        if self.program.version < (6,):  # no users yet
            options += ["--requirepass", self.password]
            for command in ("CONFIG", "FLUSHALL", "SHUTDOWN", "DEBUG", "SLAVEOF"):
                options += ["--rename-command", command, ""]
            return options
        channels = ["&*"] if self.program.version >= (6, 2) else []
        rights = [*RIGHTS[:1], *channels, *RIGHTS[1:]]
        return [*options, "--user", "default", "on", f">{self.password}", *rights]

    def make_lessons(self) -> Process:
        """Return the process that builds the lessons and serves them."""
        self.claim("lessons")
        words = [sys.executable, "-m", "course.classroom.serve_lessons"]
        words += [str(self.port("lessons")), *self.hosts]
        return Process("The site", words, ROOT, LOGS / "class-lessons.log")

    def claim(self, name: str) -> None:
        """Raise CourseError if something else has the port of a unit."""
        claim(self.port(name), self.units[name].title, self.shift)

    # ---- Redis, as others reach it

    @property
    def redis_url(self) -> str:
        """The class's Redis, as this machine reaches it; empty where there is none."""
        return self.redis_at(servers.HOST)

    @property
    def shared_redis_url(self) -> str:
        """The class's Redis, as the room reaches it; empty if it can't."""
        is_shared = self.program and not self.program.is_stand_in
        return self.redis_at(self.address) if is_shared else ""

    def redis_at(self, host: str) -> str:
        """Return the URL of the class's Redis at a host, with its password."""
        if self.program is None:
            return ""
        # The stand-in knows no password, so it stays on this machine.
        secret = "" if self.program.is_stand_in else f":{self.password}@"
        return f"redis://{secret}{host}:{self.port('redis')}"

    # ---- All of them

    def start(self, tell: Callable[[str], None] = lambda text: None) -> None:
        """Start what a class begins with; what can't start is told, and the rest goes on."""
        # Redis first: two steps look for it while they start.
        if "redis" in self.at_the_start:
            self.started("redis", tell)
        others = [name for name in self.at_the_start if name != "redis"]
        with ThreadPoolExecutor(len(others) or 1) as pool:
            list(pool.map(lambda name: self.started(name, tell), others))

    def started(self, name: str, tell: Callable[[str], None]) -> None:
        """Start one; tell how it went."""
        unit = self.units[name]
        try:
            unit.start()
        except CourseError as problem:
            if not unit.is_closing:
                tell(f"{unit.title} did not start: {problem}")
        else:
            tell(f"{unit.title} is up.")

    def reset(self) -> None:
        """Bring everything back to the start: empty databases and Redis, units up."""
        with ThreadPoolExecutor(len(self.units)) as pool:
            chats = [unit for unit in self.units.values() if unit.name != "lessons"]
            list(pool.map(Unit.stop, chats))
        for step in load_steps():
            self.empty(step)
        problems = []
        self.start(lambda told: problems.append(told) if "did not" in told else None)
        if problems:
            raise CourseError("\n".join(problems))

    def close(self) -> None:
        """End everything."""
        for unit in self.units.values():
            unit.is_closing = True
        with ThreadPoolExecutor(len(self.units)) as pool:
            list(pool.map(Unit.close, self.units.values()))


def copy_database(source: Path, copy: Path) -> None:
    """Copy an SQLite database, with what is still in its write-ahead log."""
    with (
        contextlib.closing(sqlite3.connect(source)) as ours,
        contextlib.closing(sqlite3.connect(copy)) as theirs,
    ):
        ours.backup(theirs)


def claim(port: int, title: str, shift: int) -> None:
    """Raise CourseError if a port is taken, and say by whom."""
    if is_free(port):
        return
    holder = holder_of(port)
    who = f" ({holder})" if holder else ""
    other = FIRST_PORT + shift + 1000
    raise CourseError(
        f"Port {port} is busy{who}; it is for: {title}.\n"
        "End that program, or move all ports of the class:"
        f" python3 -m course class --port {other}"
    )


def all_ports(shift: int) -> dict[int, str]:
    """Return every port that a class may use, and for what."""
    ports = {port + shift: name for name, port in PORTS.items()}
    return ports | {ROOM_PORT + shift: "the room", DESK_PORT + shift: "the desk"}
