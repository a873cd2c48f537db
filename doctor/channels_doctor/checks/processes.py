"""Checks of several processes: do they reach each other, and does the worker start?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.deployment import (
    PLATFORMS,
    application_kind,
    commands_of,
    gunicorn_setting,
    interface,
)
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import last_name
from channels_doctor.servers import SERVERS, StartCommand
from channels_doctor.settings import UNKNOWN

WORKERS = ("-w", "--workers")


def processes_share_a_layer(project: Project) -> Iterator[Finding]:
    """Where several processes run, the layer is one that they share.

    A task's worker isn't looked for here: `in-memory-outside` shows the line that sends.
    """
    if not project.layer_backend.endswith("InMemoryChannelLayer"):
        return
    commands = [one for one in commands_of(project) if not one.is_development]
    for command in commands:
        if reason := reason_for_several(project, command, commands):
            yield say("processes-apart", command.where, reason=reason)


def reason_for_several(
    project: Project, command: StartCommand, commands: list[StartCommand]
) -> str:
    """Return why there's a second process that has to get messages; "" if there's none."""
    if command.server == "runworker" and has_channels_of_its_own(project):
        return "The worker listens in a process of its own"
    if not serves_the_chat(project, command):
        return ""
    number = workers_of(project, command)
    if number > 1:
        return f"This starts {number} processes, each with a layer of its own"
    if (number := copies_of(project, command)) > 1:
        return f"{number} of these run side by side, each with a layer of its own"
    together = [
        one
        for one in commands
        if serves_the_chat(project, one)
        and one.platform == command.platform
        and (one.platform not in PLATFORMS or one.file == command.file)
    ]
    if len(together) > 1 and command.platform in ("compose", "supervisor"):
        processes = {(one.file, one.process) for one in together}
        if len({file for file, _ in processes}) == 1 and len(processes) > 1:
            if command == together[1]:
                return "It's the second server process, with a layer of its own"
    return ""


def serves_the_chat(project: Project, command: StartCommand) -> bool:
    """A command starts an ASGI server with Django's application."""
    if command.server not in SERVERS or interface(project, command) != "asgi":
        return False
    return application_kind(project, command) == "asgi"


def workers_of(project: Project, command: StartCommand) -> int:
    """Return how many worker processes a server starts; 1 if the text doesn't tell."""
    if command.server == "gunicorn":
        number = gunicorn_setting(project, command, "workers", *WORKERS)
        number = "" if number is UNKNOWN else number
    else:
        number = command.option(*WORKERS)
    number = number or command.environment.get("WEB_CONCURRENCY", "1")
    return int(number) if re.fullmatch(r"\d{1,4}", str(number)) else 1


def copies_of(project: Project, command: StartCommand) -> int:
    """Return how many copies of a process the file asks for."""
    services = [
        one
        for one in project.starts.services
        if command.process == one.name
        and command.file == one.file
        or command.platform == "docker"
        and one.dockerfile == command.file
    ]
    for service in services:
        deploy = service.node.get("deploy")
        number = service.node.text_of("scale") or (
            deploy.text_of("replicas") if deploy else ""
        )
        if number.isdigit():
            return int(number)
    text = project.sources[command.file].text
    if command.platform == "supervisor":
        part = text.partition(f"program:{command.process}]")[2].partition("\n[")[0]
        found = re.search(r"^numprocs\s*=\s*(\d+)", part, re.MULTILINE)
    elif command.platform == "render":
        found = re.search(
            r"^\s*(?:numInstances|minInstances):\s*(\d+)", text, re.MULTILINE
        )
    else:
        found = None
    return int(found[1]) if found else 1


def workers_start(project: Project) -> Iterator[Finding]:
    """`runworker` knows its command and its channels."""
    apps = project.settings.get("INSTALLED_APPS")
    for command in commands_of(project):
        if command.server != "runworker":
            continue
        if isinstance(apps, list) and UNKNOWN not in apps:
            if not any(str(app).split(".")[0] == "channels" for app in apps):
                yield say("runworker-app", command.where, *channels_app(project))
                continue
        if not command.arguments:
            yield from without_names(project, command)
        elif not has_channels_of_its_own(project) and is_made_here(project):
            name = command.arguments[0].text
            edits = without_line(project, command)
            yield say("runworker-useless", command.where, *edits, channel=name)


def is_made_here(project: Project) -> bool:
    """The whole application is made in the project's own code, by a ProtocolTypeRouter."""
    keys = [
        key.value
        for call in project.nodes(ast.Call)
        if last_name(call.func) == "ProtocolTypeRouter" and call.args
        for key in getattr(call.args[0], "keys", [None])
        if isinstance(key, ast.Constant)
    ]
    return bool(keys) and "channel" not in keys


def without_line(project: Project, command: StartCommand) -> list[Edit]:
    """Return the edit that takes a process out of a Procfile."""
    if command.platform != "procfile":
        return []
    return [project.sources[command.file].delete_lines(command.line)]


def channels_app(project: Project):
    """Return the edit that adds channels to the first list of apps."""
    node = project.settings.where("INSTALLED_APPS")
    match node:
        case ast.Assign(value=ast.List(elts=[first, *_])) as assign:
            source = project.source_of(assign)
            if first.lineno > assign.lineno:
                return [source.insert_after(first.lineno, '"channels",')]
            return [source.wrap(first, "", ', "channels"')[1]]
    return []


def without_names(project: Project, command: StartCommand) -> Iterator[Finding]:
    """Say that a worker has no names of channels, and which ones the project has."""
    names = channel_names(project)
    edits = []
    if names and command.form != "yaml":
        edits = [command.with_options(*names)]
    elif not names:
        edits = without_line(project, command)
    hint = (
        f"Name them: runworker {' '.join(names)}"
        if names
        else (
            "Channels 1 needed such a worker; since Channels 2, a chat needs none: take the command away"
        )
    )
    yield say("runworker-names", command.where, *edits, hint=hint)


def has_channels_of_its_own(project: Project) -> bool:
    """Some channels have consumers of their own, which a worker runs."""
    names = {last_name(call.func) for call in project.nodes(ast.Call)}
    return "ChannelNameRouter" in names


def channel_names(project: Project) -> list[str]:
    """Return the names of the channels that a ChannelNameRouter has."""
    for call in project.nodes(ast.Call):
        match call.args:
            case [ast.Dict(keys=keys)] if last_name(call.func) == "ChannelNameRouter":
                texts = [key.value for key in keys if isinstance(key, ast.Constant)]
                return [one for one in texts if isinstance(one, str)]
    return []


CHECKS = [
    processes_share_a_layer,
    workers_start,
]
