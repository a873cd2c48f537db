"""Checks of where a server listens, and of what suits only your own machine."""

import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.deployment import (
    CONTAINERS,
    PLATFORMS,
    address_of,
    commands_of,
    served_by_daphne,
)
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import COMPOSE, is_a
from channels_doctor.servers import SERVERS, StartCommand
from channels_doctor.starts import DOCKERFILE

LOCAL = {"127.0.0.1", "localhost", "::1"}
# What the server itself prints; the others print something alike.
LISTENS = {
    "daphne": "Listening on TCP address {host}:{port}",
    "uvicorn": "Uvicorn running on http://{host}:{port}",
    "gunicorn": "Listening at: http://{host}:{port}",
    "hypercorn": "Running on http://{host}:{port}",
    "granian": "Listening at: http://{host}:{port}",
    "runserver": "{host}:{port}",
}
HOST_OPTION = {"daphne": "-b", "uvicorn": "--host", "granian": "--host"}
PORT_OPTION = {"daphne": "-p", "uvicorn": "--port", "granian": "--port"}
BAD_PORT = {
    "daphne": "daphne: error: argument -p/--port: invalid int value: '{word}'",
    "uvicorn": "Error: Invalid value for '--port': '{word}' is not a valid integer.",
    "granian": "Error: Invalid value for '--port': '{word}' is not a valid integer.",
    "runserver": 'CommandError: "{word}" is not a valid port number or address:port pair.',
}
RUNS_FOR_OTHERS = {*PLATFORMS, "docker", "systemd", "supervisor"}


def containers_can_be_reached(project: Project) -> Iterator[Finding]:
    """A server in a container listens to what comes from outside it."""
    for command in commands_of(project):
        if not is_served(project, command) or command.server not in LISTENS:
            continue
        host, port = address_of(project, command)
        if host in LOCAL and not has_wrong_port(project, command):
            line = LISTENS[command.server].format(host=host, port=port)
            edits = open_to_all(project, command)
            is_certain = bool(edits)
            yield say(
                "bind-localhost", command.where, *edits, is_certain=is_certain, log=line
            )


def is_served(project: Project, command: StartCommand) -> bool:
    """A command runs in a container, and what it serves is for the world outside."""
    if command.platform not in CONTAINERS or not command.is_container:
        return False
    is_local = command.process != "web" or command.is_development
    if command.platform == "procfile" and is_local:
        return False
    return not any(
        has_proxy_beside(file, one.text) for file, one in project.sources.items()
    )


def has_proxy_beside(file: str, text: str) -> bool:
    """A proxy is in the server's own container, or the container has no network of its own."""
    if is_a(COMPOSE, file):
        return "network_mode" in text
    if is_a(DOCKERFILE, file):
        words = r"^\s*(RUN|CMD|ENTRYPOINT)\b(?:\\\n|[^\n])*\b(nginx|caddy|supervisor|haproxy)"
        return "pip" in text and bool(re.search(words, text, re.MULTILINE))
    return file.endswith(".sh") and bool(
        re.search(r"^\s*(service )?nginx\b", text, re.MULTILINE)
    )


def open_to_all(project: Project, command: StartCommand) -> list[Edit]:
    """Return the edits that let a server listen on every address."""
    host = command.option_word("-b", "--bind", "--host")
    option = HOST_OPTION.get(command.server)
    if command.server == "runserver":
        port = command.arguments[0] if command.arguments else None
        if port:
            number = port.text.rpartition(":")[2]
            return [command.changed(port, f"0.0.0.0:{number}")]
        return [] if command.form == "yaml" else [command.with_options("0.0.0.0:8000")]
    if host:
        new = re.sub(r"127\.0\.0\.1|localhost|\[::1\]|::1", "0.0.0.0", host.text)
        return [command.changed(host, new)] if command.form != "yaml" else []
    if not option or command.form == "yaml":
        return []
    return [command.with_options(option, "0.0.0.0")]


def has_wrong_port(project: Project, command: StartCommand) -> bool:
    """A web process of a Procfile listens on a port of its own."""
    if (
        command.platform != "procfile"
        or command.process != "web"
        or command.is_development
    ):
        return False
    others = r"(^|/)(railway\.\w+|nixpacks\.toml|app\.json|captain-definition|zeabur\.\w+|dokku.*)$"
    if any(re.search(others, file) for file in project.files):
        return False
    port = address_of(project, command).port
    return bool(port) and port.isdigit() and "PORT" not in command.environment


def platforms_choose_the_port(project: Project) -> Iterator[Finding]:
    """A web process listens on the port that the platform tells it."""
    for command in commands_of(project):
        if has_wrong_port(project, command):
            edits = take_the_port(project, command)
            port = address_of(project, command).port
            yield say("platform-port", command.where, *edits, port=port)


def take_the_port(project: Project, command: StartCommand) -> list[Edit]:
    """Return the edits that take the port from the platform, and the host that it needs."""
    word = command.option_word("-b", "--bind", "--listen")
    if command.server in ("gunicorn", "hypercorn"):
        new = ["-b", "0.0.0.0:$PORT"]
        return [command.changed(word, new[1])] if word else [command.with_options(*new)]
    if command.server == "runserver":
        port = command.arguments[0] if command.arguments else None
        new = "0.0.0.0:$PORT"
        return [command.changed(port, new) if port else command.with_options(new)]
    if command.server not in PORT_OPTION:
        return []
    option = PORT_OPTION[command.server]
    port = command.option_word("-p", "--port")
    host = command.option_word("-b", "--bind", "--host")
    edits = [command.changed(port, "$PORT")] if port else []
    if host and host.text in LOCAL:
        edits.append(command.changed(host, "0.0.0.0"))
    missing = [] if host else [HOST_OPTION[command.server], "0.0.0.0"]
    missing += [] if port else [option, "$PORT"]
    return [*edits, command.with_options(*missing)] if missing else edits


def variables_are_expanded(project: Project) -> Iterator[Finding]:
    """A list in a Dockerfile has no variables, because no shell reads it."""
    for command in commands_of(project):
        if command.form != "json" or command.platform != "docker":
            continue
        if command.server not in BAD_PORT:
            continue
        for word in command.words[1:]:
            if re.search(r"\$\{?PORT\b", word.text):
                error = BAD_PORT[command.server].format(word=word.text)
                edits = [through_a_shell(project, command)]
                yield say("port-not-expanded", command.where, *edits, error=error)
                break


def through_a_shell(project: Project, command: StartCommand) -> Edit:
    """Return the edit that writes CMD as one line, which a shell reads."""
    text = project.sources[command.file].text
    start = text.rindex("[", 0, command.start)
    end = text.index("]", command.last.end) + 1
    words = [word.text for word in command.words]
    if text[command.start : command.words[0].start]:
        python = re.findall(r"[^\s,\"']+", text[command.start : command.words[0].start])
        words = [*python, *words]
    line = re.sub(r"\$(PORT\b|\{PORT\})", "${PORT:-8000}", " ".join(words))
    return Edit(command.file, start, end, f"exec {line}")


def runserver_stays_at_home(project: Project) -> Iterator[Finding]:
    """The server of development isn't what others reach."""
    for command in commands_of(project):
        if command.platform in RUNS_FOR_OTHERS and not command.is_development:
            if command.server == "runserver":
                edits = served_by_daphne(project, command) if project.consumers else []
                yield say("runserver-production", command.where, *edits)
            elif command.server in SERVERS and command.option("--reload") is not None:
                edits = without_reload(project, command)
                yield say("reload-production", command.where, *edits)


def without_reload(project: Project, command: StartCommand) -> list[Edit]:
    """Return the edit that takes `--reload` away."""
    if command.form == "yaml":
        return []
    for before, word in zip(command.words, command.words[1:], strict=False):
        if word.text == "--reload":
            return [Edit(command.file, before.end, word.end, "")]
    return []


CHECKS = [
    containers_can_be_reached,
    platforms_choose_the_port,
    variables_are_expanded,
    runserver_stays_at_home,
]
