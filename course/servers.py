"""The servers of the steps: which command starts one, and what it needs before."""

import contextlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from course import redis_server
from course.errors import CourseError
from course.processes import Process, holder_of, is_free
from course.steps import Step

HOST = "127.0.0.1"

# Whatever proxy this machine uses for the internet: our servers are not behind it.
without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Server:
    """One running server process of a step."""

    step: Step
    port: int
    process: Process
    note: str = ""

    @property
    def url(self) -> str:
        """The address of its lobby."""
        return f"http://{HOST}:{self.port}/chat/"


def claim(ports: list[int], advice: str) -> None:
    """Raise CourseError if a port is taken, and say by whom."""
    for port in ports:
        if not is_free(port):
            holder = holder_of(port)
            who = f" ({holder})" if holder else ""
            raise CourseError(f"Port {port} is busy{who}. Try: {advice}")


def environment_of(step: Step, redis_url: str | None) -> dict[str, str]:
    """Return the variables that a step's processes get."""
    env = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    if redis_url and "redis" in step.needs:
        # A database number for each step: their rooms have the same names.
        env["REDIS_URL"] = redis_server.database(redis_url, int(step.number))
    return env


def command_of(step: Step, port: int, threads: int | None) -> list[str]:
    """Return the command that serves a step.

    With `threads`, that is waitress, a WSGI server with so many threads and no more.
    """
    if threads is None:
        address = f"{HOST}:{port}"
        return [sys.executable, "manage.py", "runserver", "--noreload", address]
    options = [f"--listen={HOST}:{port}", f"--threads={threads}"]
    return [sys.executable, "-m", "waitress", *options, "config.wsgi:application"]


def prepare(step: Step, folder: Path, env: dict[str, str]) -> str:
    """Bring the database of a step to its newest form; return who can log in."""
    if "database" in step.needs:
        manage(folder, env, "migrate", "--verbosity=0")
    return manage(folder, env, "demo").strip() if step.can["login"] else ""


def manage(folder: Path, env: dict[str, str], *command: str) -> str:
    """Run a management command of a project and return what it prints."""
    result = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if result.returncode:
        raise CourseError(
            f"`python manage.py {' '.join(command)}` failed in {folder}:\n"
            f"{result.stdout}{result.stderr}"
        )
    return result.stdout


@contextlib.contextmanager
def serving(
    step: Step,
    ports: list[int],
    *,
    logs: Path,
    redis_url: str | None = None,
    threads: int | None = None,
    folder: Path | None = None,
    wait: bool = True,
    echo: Callable[[int, str], None] | None = None,
) -> Iterator[list[Server]]:
    """Serve a step at every port, each in a process of its own.

    `folder` is where the step lies, if not in its place; `echo(port, line)` hears
    what the servers print; without `wait`, the servers may not answer yet.
    """
    folder = folder or step.path
    env = environment_of(step, redis_url)
    notes = [prepare(step, folder, env)]
    if "redis" in step.needs and redis_server.is_stand_in():
        notes.append(redis_server.STAND_IN_LACKS)
    note = " ".join(filter(None, notes))
    with contextlib.ExitStack() as stack:
        servers = []
        for port in ports:
            process = Process(
                f"Step {step.number} at port {port}",
                command_of(step, port, threads),
                folder,
                logs / f"{step.number}-{port}.log",
                env,
                (lambda line, port=port: echo(port, line)) if echo else None,
            )
            stack.enter_context(process)
            servers.append(Server(step, port, process, note))
        if wait:
            wait_for(servers)
        yield servers


def wait_for(servers: list[Server]) -> None:
    """Return once every server answers."""
    for server in servers:
        server.process.wait_until(lambda url=server.url: answers(url))


def answers(url: str) -> bool:
    """Tell whether a server shows a page at an address."""
    try:
        with without_proxy.open(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
