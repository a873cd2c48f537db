"""A chat on a server, as the bench sees it: how it is started, and how it is spoken to."""

import contextlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course import servers
from course.bench import machine
from course.errors import CourseError
from course.processes import Process, free_port, is_listening

HOST = servers.HOST


def in_json(**fields: str) -> Callable[[str], str]:
    """Return what puts a text into a JSON object; one of the fields is a `{}`."""
    template = json.dumps(fields)
    return lambda text: template.replace("{}", text)


@dataclass(frozen=True)
class Contestant:
    """A chat on a server, as the bench sees it."""

    name: str
    command: list[str]  # {port} stands for the port
    folder: Path
    speaks: str = "socket"  # or how it is asked: "short", "long", "events"
    path: str = "/ws/chat/{room}/"
    wrap: Callable[[str], str] = in_json(message="{}")
    env: dict[str, str] = field(default_factory=dict)
    greeting: bytes = b""  # what a client says first
    welcome: bytes = b""  # what is in the frame that says it is in; none: the handshake
    acks: bool = False  # whether clients say how much they have read
    cookies: tuple[str, ...] = ()
    database: Path | None = None
    table: str = "chat_message"

    def command_at(self, port: int) -> list[str]:
        """Return the command that serves it at a port."""
        return [part.replace("{port}", str(port)) for part in self.command]

    @contextlib.contextmanager
    def serving(
        self, logs: Path, redis_url: str, count: int = 1, pinned: bool = True
    ) -> Iterator[list["Running"]]:
        """Serve it, by so many processes."""
        # Two processes on one core would only be in each other's way.
        cores = machine.SERVER_CORE if pinned else set(machine.CORES)
        with contextlib.ExitStack() as stack:
            running = []
            for _ in range(count):
                port = free_port()
                env = {
                    key: value.format(port=port, redis=redis_url)
                    for key, value in self.env.items()
                }
                process = Process(
                    f"{self.name} at port {port}",
                    self.command_at(port),
                    self.folder,
                    logs / f"bench-{self.name}-{port}.log",
                    env,
                )
                stack.enter_context(process)
                machine.pin(process.pid, cores)
                running.append(Running(port, process))
            for one in running:
                one.process.wait_until(lambda port=one.port: is_listening(port))
            yield running


@dataclass
class Running:
    """One server process."""

    port: int
    process: Process


def daphne(application: str) -> list[str]:
    """Return the command that serves an ASGI application with Daphne."""
    options = ["-b", HOST, "-p", "{port}"]
    return [sys.executable, "-m", "daphne", *options, application]


def uvicorn(application: str, sockets: str = "websockets-sansio") -> list[str]:
    """Return the command that serves an ASGI application with uvicorn.

    `sockets` names its WebSocket implementation, one of uvicorn's own or a class.
    """
    require("uvicorn")
    options = ["--host", HOST, "--port", "{port}", "--no-access-log"]
    # Daphne never compresses. Two chats are compared here, not with and without zlib.
    options += ["--ws", sockets, "--ws-per-message-deflate", "false"]
    if importlib.util.find_spec("uvloop"):
        options += ["--loop", "uvloop"]
    return [sys.executable, "-m", "uvicorn", *options, application]


def require(package: str) -> None:
    """Raise CourseError if a package is not there."""
    if importlib.util.find_spec(package) is None:
        raise CourseError(
            f"The bench needs the package {package}, which is not installed.\n"
            "`python3 -m course bench` installs it automatically. Without\n"
            "internet, leave out the chats that need it: --only tutorial-daphne,05-daphne"
        )
