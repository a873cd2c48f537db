"""Servers beside a notebook: started by a cell, ended by another one or with the kernel."""

import asyncio
import atexit
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from course import compare, redis_server, servers
from course.processes import Process, free_port, is_listening
from course.servers import HOST
from course.steps import LOGS, find_step

PATIENCE = 30  # seconds


class RunningStep:
    """A copy of a step that runs on one or more ports, until it is stopped."""

    def __init__(
        self, stack: ExitStack, ports: list[int], folder: Path, pid: int | None = None
    ) -> None:
        self.stack = stack
        self.ports = ports
        self.port = ports[0]
        self.folder = folder
        self.pid = pid  # of the first server
        atexit.register(self.stop)

    @property
    def url(self) -> str:
        """The address of the first server."""
        return f"http://{HOST}:{self.port}"

    def stop(self) -> None:
        """End the servers and delete the copy; a second time, do nothing."""
        self.stack.close()


def start(name: str, count: int = 1, threads: int | None = None) -> RunningStep:
    """Start a copy of a step, so that the step's own database stays as it is.

    With `threads`, it runs under WSGI with so many threads and no more.
    """
    step = find_step(name)
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="notebook-")
        folder = Path(stack.enter_context(temporary)) / step.folder
        compare.copy(step, folder)
        url = None
        if "redis" in step.needs:
            url = stack.enter_context(redis_server.running(LOGS))
        ports = [free_port() for _ in range(count)]
        first, *_ = stack.enter_context(
            servers.serving(
                step, ports, logs=LOGS, redis_url=url, threads=threads, folder=folder
            )
        )
        return RunningStep(stack.pop_all(), ports, folder, first.process.pid)


def serve(server: str, application: str, folder: Path) -> RunningStep:
    """Start an application under `daphne`, or `waitress` with so many threads.

    `server` is "daphne", "waitress 1" or "waitress 4"; the application lies in
    `folder`, and is named as servers name it, "module:name".
    """
    program, _, threads = server.partition(" ")
    port = free_port()
    options = {
        "daphne": ["-b", HOST, "-p", str(port)],
        "waitress": [f"--listen={HOST}:{port}", f"--threads={threads}"],
    }
    command = [sys.executable, "-m", program, *options[program], application]
    with ExitStack() as stack:
        process = Process(server, command, folder, LOGS / f"notebook-{port}.log")
        stack.enter_context(process)
        process.wait_until(lambda: is_listening(port))
        return RunningStep(stack.pop_all(), [port], folder, process.pid)


def start_redis() -> tuple[RunningStep, str]:
    """Start a Redis of our own, whatever else runs; return it, and its URL."""
    with ExitStack() as stack:
        url = stack.enter_context(redis_server.started(LOGS))
        port = int(url.rpartition(":")[2])
        return RunningStep(stack.pop_all(), [port], LOGS), url


def connect(port: int) -> socket.socket:
    """Open a TCP connection to a server of ours."""
    return socket.create_connection((HOST, port), timeout=PATIENCE)


def read_answer(connection: socket.socket) -> bytes:
    """Return one HTTP answer as it comes, head and body, and not a byte more."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    while lengths and len(body) < lengths[0]:
        body += receive(connection)
    return head + b"\r\n\r\n" + body


def receive(connection: socket.socket) -> bytes:
    """Return some bytes; raise ConnectionError if the other side has hung up."""
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server has closed the connection")
    return data


async def ask_at_once(port: int, count: int) -> float:
    """Ask for / so many times at once; return the seconds until all are answered."""

    async def ask() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        await reader.read()
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(count)))
    return time.perf_counter() - begun
