"""Serves a student's copy, so that they can see what they made in the browser."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from course import servers
from course.errors import CourseError
from course.exercise.copies import Copy
from course.processes import Process, free_port, is_free
from course.steps import LOGS

# What `runserver` does before it serves: the system checks, and the ASGI application.
STARTS = """
from django.core.management import execute_from_command_line
from django.utils.module_loading import import_string
execute_from_command_line(["manage.py", "check"])
from django.conf import settings
if path := getattr(settings, "ASGI_APPLICATION", None):
    import_string(path)
"""
PORTS = range(8090, 8100)  # tried first, so that an open tab stays right


@contextlib.contextmanager
def serving(
    copy: Copy, env: dict[str, str], echo: Callable[[str], None]
) -> Iterator[tuple[Process, str]]:
    """Serve the copy with `runserver`, which reloads at each save; give process and URL.

    `echo` is called with each line that the server prints. Raises CourseError if the
    project can't start.
    """
    manage = copy.folder / "manage.py"
    if not manage.is_file():
        raise CourseError(
            f"There's nothing to open yet: {copy.folder.name} has no manage.py."
        )
    # The step's own settings, not those of the shell that started the course.
    env = {key: value for key, value in env.items() if key != "DJANGO_SETTINGS_MODULE"}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    must_start(copy, env)
    # Not `prepare` of the step: an exercise may have a database where its step has none.
    if any(copy.folder.glob("*/migrations/0*.py")):
        servers.manage(copy.folder, env, "migrate", "--verbosity=0")
    if copy.exercise.step == "05":  # it has people who log in
        for line in servers.manage(copy.folder, env, "demo").splitlines():
            echo(line)
    port = next(filter(is_free, PORTS), None) or free_port()
    command = [sys.executable, "manage.py", "runserver", f"{servers.HOST}:{port}"]
    log = LOGS / f"exercise-{copy.exercise.name}.log"
    process = Process(copy.exercise.name, command, copy.folder, log, dict(env), echo)
    with process:
        url = f"http://{servers.HOST}:{port}/{copy.exercise.page.lstrip('/')}"
        process.wait_until(lambda: not is_free(port))
        yield process, url


def must_start(copy: Copy, env: dict[str, str]) -> None:
    """Raise CourseError, and say why, if the project can't start.

    `runserver` itself wouldn't end: it waits for the next save, to try again.
    """
    result = subprocess.run(
        [sys.executable, "-c", STARTS],
        cwd=copy.folder,
        env=env,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode:
        said = "\n".join(f"  {line}" for line in gist(result.stderr, copy.folder))
        raise CourseError(f"The chat can't start:\n{said}")


def gist(text: str, folder: Path) -> list[str]:
    """Return what matters in an error: of a traceback, the student's line and the end."""
    lines = [line for line in text.splitlines() if line.strip()]
    if "Traceback (most recent call last):" not in lines:
        return lines
    inside = f'  File "{folder.resolve()}'
    place = [line.strip() for line in lines if line.startswith(inside)]
    return [*place[-1:], lines[-1]]
