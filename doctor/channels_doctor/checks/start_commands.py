"""Checks of the servers: do they speak to sockets, and fit their application?"""

from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.deployment import (
    application_kind,
    application_of,
    commands_of,
    has_asgi_server,
    has_websockets,
    interface,
    served_by_daphne,
)
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.servers import SERVERS, StartCommand


def server_speaks_to_sockets(project: Project) -> Iterator[Finding]:
    """A project with consumers isn't started with a WSGI server."""
    if not project.consumers:
        return
    for command in commands_of(project):
        if command.server not in SERVERS or interface(project, command) != "wsgi":
            continue
        kind = application_kind(project, command)
        words = {"server": command.server}
        if kind == "asgi":
            edits = with_asgi_worker(project, command)
            yield say("asgi-under-wsgi", command.where, *edits, **words)
        elif kind != "wsgi" and command.server != "uwsgi":
            continue  # another program than Django
        elif not has_asgi_server(project, command):
            edits = served_by_daphne(project, command)
            yield say("wsgi-server", command.where, *edits, **words)


def asgi_servers_get_an_asgi_application(project: Project) -> Iterator[Finding]:
    """An ASGI server isn't given the application of wsgi.py."""
    for command in commands_of(project):
        if command.server in SERVERS and interface(project, command) == "asgi":
            if application_kind(project, command) == "wsgi":
                edits = []
                if right := application_of(project):
                    edits = [command.changed(command.application_word, right)]
                yield say(
                    "wsgi-under-asgi", command.where, *edits, server=command.server
                )


def with_asgi_worker(project: Project, command: StartCommand) -> list[Edit]:
    """Return the edits that give Gunicorn a worker for ASGI, or put Daphne in its place."""
    gunicorn = project.needs_for("gunicorn")
    if project.needs_for("uvicorn-worker") and has_websockets(project):
        worker = "uvicorn_worker.UvicornWorker"
    elif any(need.always_below((24,)) for need in gunicorn) or command.option(
        "-k", "--worker-class"
    ):
        return served_by_daphne(project, command)
    elif gunicorn and all(
        not need.spec or need.always_from((24,)) for need in gunicorn
    ):
        worker = "asgi"
    else:
        return served_by_daphne(project, command)
    if command.server != "gunicorn" or command.form == "yaml":
        return served_by_daphne(project, command)
    return [command.with_options("-k", worker)]


CHECKS = [
    server_speaks_to_sockets,
    asgi_servers_get_an_asgi_application,
]
