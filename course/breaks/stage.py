"""Where a break is played: a copy of the step, its servers, and what they print."""

import contextlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from course import redis_server, servers
from course.breaks.exhibits import Exhibit, pattern_of
from course.breaks.people import PATIENCE, Person
from course.errors import CourseError
from course.processes import LONGEST_START, Process, free_port, is_listening
from course.servers import HOST
from course.steps import LOGS
from course.tracebacks import HOME, without_libraries


class Stage:
    """A broken copy of a step, and all that runs in it, for as long as the `with` block.

    `tell` is called with what is done; `printed` holds the lines that programs print.
    """

    def __init__(self, exhibit: Exhibit, tell: Callable[[str], None]) -> None:
        self.exhibit = exhibit
        self.step = exhibit.broken
        self.tell = tell
        self.printed = []
        self.servers = []
        self.redis_url = None

    def __enter__(self) -> "Stage":
        with contextlib.ExitStack() as stack:
            folder = tempfile.TemporaryDirectory(prefix="course-break-")
            place = Path(stack.enter_context(folder)).resolve()
            self.folder = self.exhibit.copy(place)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self.stack.close()

    # ---- What runs -----------------------------------------------------------------

    def serve(
        self, count: int = 1, *, prepare: bool = True, options: Sequence[str] = ()
    ) -> None:
        """Serve the copy with `runserver`, by so many processes; the options are Python's."""
        if "redis" in self.step.needs and self.redis_url is None:
            self.start_redis()
        if prepare:
            servers.prepare(self.step, self.folder, self.env)
        for _ in range(count):
            port = free_port()
            python, *words = servers.command_of(self.step, port, None)
            self.start(port, [python, *options, *words], self.env)

    def serve_by_daphne(self) -> None:
        """Serve the copy with `daphne` itself; nothing is prepared, no variable set."""
        port = free_port()
        self.start(port, [sys.executable, *daphne(port)], {})

    def start(self, port: int, command: list[str], env: dict[str, str]) -> None:
        """Start a server; return when it listens."""
        self.tell(f"A server starts at http://{HOST}:{port}/")
        process = self.stack.enter_context(self.process(command, env))
        process.wait_until(lambda: is_listening(port))
        self.servers.append(servers.Server(self.step, port, process))

    def run(self, *words: str, env: dict[str, str] | None = None) -> int:
        """Run Python in the copy with these words; return its exit code."""
        self.tell(f"$ {shlex.join(['python', *words])}")
        command = [sys.executable, *words]
        with self.process(command, self.env if env is None else env) as process:
            try:
                return process.popen.wait(LONGEST_START)
            except subprocess.TimeoutExpired:
                raise CourseError(
                    f"It still runs after {LONGEST_START} seconds. It should have ended."
                ) from None

    def process(self, command: list[str], env: dict[str, str]) -> Process:
        """Return a program that is about to run, and whose lines are kept."""
        name = f"break-{self.exhibit.name}-{len(self.servers) + 1}"
        log = LOGS / f"{name}.log"
        return Process(name, command, self.folder, log, env, self.printed.append)

    @property
    def env(self) -> dict[str, str]:
        """The variables of the step."""
        return servers.environment_of(self.step, self.redis_url)

    def start_redis(self) -> None:
        """Start a Redis of our own, so that nobody else sends to its rooms."""
        self.redis_url = self.stack.enter_context(redis_server.started(LOGS))

    def readable(self) -> list[str]:
        """Return what was printed; of a traceback, only the step's own lines."""
        # Named by the path that a traceback has in recorded texts, then by one without Ana.
        text = "\n".join(self.printed)
        text = text.replace(str(self.folder.parent), f"{HOME}/steps")
        text = without_libraries(text).replace(f"{HOME}/", "")
        return list(filter(None, text.splitlines()))

    # ---- Who comes, and what is seen ---------------------------------------------------

    def person(self, name: str, server: int = 0) -> Person:
        """Return somebody who is about to come to one of the servers."""
        person = Person(name, self.servers[server].port, self.tell)
        self.stack.callback(person.close)
        return person

    def enter(self, name: str, server: int = 0) -> Person:
        """Let somebody open a socket at the address that the exhibit names."""
        person = self.person(name, server)
        person.open(self.exhibit.path)
        return person

    def wait_for(self, texts: list[str]) -> None:
        """Return once all of these texts are printed; an error can come a second late."""
        give_up = time.monotonic() + PATIENCE
        for text in texts:
            while not any(map(pattern_of(text).search, self.printed)):
                if time.monotonic() > give_up:
                    lines = "\n    ".join(self.printed)
                    raise CourseError(
                        f"This should have been printed:\n    {text}\n"
                        f"What was printed:\n    {lines}"
                    )
                time.sleep(0.02)


def complaints_in(lines: list[str]) -> list[str]:
    """Return the lines of a terminal that say that something is wrong."""
    words = re.compile("Error|Exception|Warning:|Not Found|REJECT")
    return [line for line in lines if words.search(line)]


def daphne(port: int) -> list[str]:
    """Return the words that serve a project with Daphne itself."""
    return ["-m", "daphne", "-b", HOST, "-p", str(port), "config.asgi:application"]
