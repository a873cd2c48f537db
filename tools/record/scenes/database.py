"""What the page about the database under ASGI shows, on a PostgreSQL of our own."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from course.processes import Process, free_port, is_listening
from course.servers import HOST
from tools.record.laid import laid
from tools.record.scenes import output
from tools.record.stage import MissingProgram, Show, Stage, retried_if_late
from tools.record.terminal import Terminal

RECIPE = "database-under-asgi"
FEW = ["-c", "max_connections=20", "-c", "superuser_reserved_connections=0"]
FEW += ["-c", "fsync=off"]  # otherwise PostgreSQL may stop too slowly
DAPHNE = "-m daphne -p PORT config.asgi:application"
WAITRESS = "-m waitress --threads=4 --listen=127.0.0.1:PORT config.wsgi:application"


@output("db-conn-max-age", varies=True)
def kept_connections(stage: Stage) -> str:
    """200 requests with connections that are kept, and with some that are not."""
    with project(stage) as (show, env):
        kept = asked(stage, show, env, DAPHNE, CONN_MAX_AGE="60")
        kept_async = asked(stage, show, env, DAPHNE, "async-count/", CONN_MAX_AGE="60")
        # Again if it's late: a place is free only once PostgreSQL's process has ended.
        closed = retried_if_late(
            lambda: asked(stage, show, env, DAPHNE, CONN_MAX_AGE="0"),
            lambda text: "200 times status 200" in text,
        )
        assert "status 500" in kept
        assert "status 500" in kept_async
        assert "200 times status 200" in closed
        return "\n\n".join([kept, kept_async, closed])


@output("db-pool", varies=True)
def pool(stage: Stage) -> str:
    """The same 200 requests with a pool of four connections."""
    with project(stage) as (show, env):
        return asked(stage, show, env, DAPHNE, count=True, DB_POOL="4")


@output("db-wsgi", varies=True)
def wsgi(stage: Stage) -> str:
    """The same 200 requests under WSGI, with four threads that keep connections."""
    with project(stage) as (show, env):
        return asked(stage, show, env, WAITRESS, count=True, CONN_MAX_AGE="60")


@output("db-one-thread", varies=True)
def one_thread(stage: Stage) -> str:
    """Ten slow queries at the same time."""
    with project(stage) as (show, env):

        def seconds(text: str) -> list[float]:
            return [float(found) for found in re.findall(r": ([\d.]+) s", text)]

        text = retried_if_late(
            lambda: managed(stage, show, env, "slow_queries"),
            lambda text: seconds(text)[1] < 2,
        )
        one, several = seconds(text)
        assert one >= 2 > several
        return text


@output("db-long-task")
def long_task(stage: Stage) -> str:
    """A task that loses its connection."""
    with project(stage) as (show, env):
        return managed(stage, show, env, "long_task")


@output("db-lazy")
def lazy(stage: Stage) -> str:
    """Queries that run after the thread is done."""
    with project(stage) as (show, env):
        return managed(stage, show, env, "lazy")


@contextlib.contextmanager
def project(stage: Stage) -> Iterator[tuple[Show, dict[str, str]]]:
    """Give the recipe on a PostgreSQL, with its tables, and its variables."""
    with postgres(stage) as port, laid(stage, RECIPE) as show:
        show.natural.ports[port] = 5432
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings_postgres",
            "DB_PORT": str(port),
        }
        managed(stage, show, env, "migrate --verbosity 0")
        yield show, env


def asked(
    stage: Stage,
    show: Show,
    env: dict,
    server: str,
    path: str = "count/",
    *,
    count: bool = False,
    **more: str,
) -> str:
    """Serve the project, ask it 200 times, and return what a reader sees."""
    port = free_port()
    show.natural.ports[port] = 8002
    setting = " ".join(f"{name}={value}" for name, value in more.items())
    words = server.replace("PORT", str(port)).split()
    typed = f"{setting} python {server.replace('PORT', '8002')}"
    with python(stage, show, typed, words, **env, **more) as serving:
        serving.process.wait_until(lambda: is_listening(port))
        url = f"http://{HOST}:{port}/{path}"
        words = ["ask.py", url, "200", "10"]
        typed = f"python ask.py http://{HOST}:8002/{path} 200 10"
        with python(stage, show, typed, words, **env) as asking:
            texts = [f"$ {serving.typed}", asking.to_the_end().text()]
        if "status 500" in texts[1]:
            serving.until("django.db.utils.OperationalError")  # the log comes later
        errors = re.findall(
            r"^django.db.utils.OperationalError.*", serving.printed, re.M
        )
        if errors:
            texts.insert(1, f"…\n{show.natural(errors[0])}\n")
        if count:
            texts.append(managed(stage, show, env, "open_connections"))
    return "\n".join(texts)


def managed(stage: Stage, show: Show, env: dict, command: str) -> str:
    """Run a management command of the project; return it and what it prints."""
    typed = f"python manage.py {command}"
    words = ["manage.py", *command.split()]
    with python(stage, show, typed, words, **env) as managing:
        return managing.to_the_end().text()


def python(
    stage: Stage, show: Show, typed: str, words: list[str], **env: str
) -> Terminal:
    """Type a Python command in the folder of the step."""
    command = [sys.executable, *words]
    return Terminal(typed, command, show.folder, show.natural, stage.log(), env)


@contextlib.contextmanager
def postgres(stage: Stage) -> Iterator[int]:
    """Run a PostgreSQL that takes 20 connections; give its port."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if initdb is None:
        raise MissingProgram(
            "There is no PostgreSQL. Debian, Ubuntu: sudo apt install postgresql"
        )
    with tempfile.TemporaryDirectory(prefix="course-postgres-") as folder:
        as_user = []
        if os.getuid() == 0:  # PostgreSQL doesn't run as root
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres"]
            as_user.append("--clear-groups")
            shutil.chown(folder, "postgres")
        data, port = f"{folder}/data", free_port()
        make = [*as_user, initdb, "-D", data, "-U", "chat", "-A", "trust"]
        subprocess.run(make, check=True, capture_output=True, cwd=folder)
        serve = [*as_user, str(Path(initdb).with_name("postgres")), "-D", data]
        serve += ["-p", str(port), "-h", HOST, "-k", "", *FEW]
        with Process("PostgreSQL", serve, Path(folder), stage.log()) as process:
            process.wait_until(lambda: takes_connections(port))
            yield port


def takes_connections(port: int) -> bool:
    """Tell whether a database takes connections; it listens before it does."""
    try:
        psycopg.connect(f"postgres://chat@{HOST}:{port}/postgres").close()
    except psycopg.OperationalError:
        return False
    return True
