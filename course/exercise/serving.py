"""Serves a student's copy, so that they can see what they made in the browser."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from course import servers
from course.errors import CourseError
from course.exercise.copies import Copy
from course.processes import Process, free_port, is_free
from course.steps import LOGS

PORTS = range(8090, 8100)  # tried first, so that an open tab stays right


@contextlib.contextmanager
def serving(
    copy: Copy, env: dict[str, str], echo: Callable[[str], None]
) -> Iterator[tuple[Process, str]]:
    """Serve the copy with `runserver`, which reloads at each save; give process and URL.

    `echo` is called with each line that the server prints. Raises CourseError if the
    database can't be made.
    """
    manage = copy.folder / "manage.py"
    if not manage.is_file():
        raise CourseError(
            f"There's nothing to open yet: {copy.folder.name} has no manage.py."
        )
    # The step's own settings, not those of the shell that started the course.
    env = {key: value for key, value in env.items() if key != "DJANGO_SETTINGS_MODULE"}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
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
