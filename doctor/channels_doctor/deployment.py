"""What the start commands of a project mean: its servers, their applications and addresses."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from channels_doctor.dockerfiles import joined
from channels_doctor.edits import Edit
from channels_doctor.project import Project
from channels_doctor.servers import SERVERS, StartCommand
from channels_doctor.settings import UNKNOWN, value_of

PLATFORMS = {"procfile", "render", "fly", "railway", "nixpacks"}
CONTAINERS = {"docker", "compose", *PLATFORMS}
ASGI_WORKER = re.compile(r"uvicorn|(^|\.)asgi$|ASGIWorker", re.IGNORECASE)
GET_THE_OTHER = {"asgi": "get_wsgi_application", "wsgi": "get_asgi_application"}


class Address(NamedTuple):
    """Where a server listens; None for what the text doesn't tell."""

    host: str | None
    port: str | None  # "8000", "$PORT"


def commands_of(project: Project) -> Iterator[StartCommand]:
    """Yield the start commands that are this project's own: another one may stand beside it."""
    for command in project.start_commands:
        if project.is_alone or command.folder == project.modules.root:
            yield command


def folder_of(command: StartCommand) -> str | None:
    """Return the folder in which a server looks for the application; None if unknown."""
    if "PYTHONPATH" in command.environment or command.option(
        "--pythonpath", "--config", "-c"
    ):
        return None
    inner = command.option("--chdir", "--app-dir", "--working-dir")
    if inner is None or command.folder is None:
        return command.folder
    if inner.startswith(("/", "~")) or "$" in inner:
        return None
    return joined(command.folder, inner)


def files_of_module(project: Project, module: str) -> list[str]:
    """Return the files that may be meant by a module, in whichever folder of the project."""
    path = module.replace(".", "/")
    ends = (f"{path}.py", f"{path}/__init__.py")
    return [
        file
        for file in project.modules.files
        if file in ends or file.endswith(tuple(f"/{end}" for end in ends))
    ]


def gunicorn_setting(
    project: Project, command: StartCommand, name: str, *options: str
) -> str | None | object:
    """Return an option of Gunicorn from the command or its configuration file.

    None if it isn't set, and UNKNOWN if it may be set where we can't read.
    """
    given = command.option(*options)
    if given is not None:
        return given
    if "GUNICORN_CMD_ARGS" in command.environment:
        return UNKNOWN
    path = command.option("-c", "--config")
    trees = project.modules.trees
    wanted = (path or "gunicorn.conf.py").removeprefix("python:").removeprefix("file:")
    wanted = wanted.rpartition("/")[2].removesuffix(".py") + ".py"
    files = [file for file in trees if file.rpartition("/")[2] == wanted]
    if wanted == "gunicorn.conf.py" and not files:
        # A module's name has its dots: `-c python:config.gunicorn`.
        return UNKNOWN if path else None
    return assigned(trees[files[0]], name) if len(files) == 1 else UNKNOWN


def assigned(tree: ast.Module, name: str) -> str | None | object:
    """Return the text that a module assigns to a name."""
    found: str | None | object = None
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Name)
            and node.id == name
            and isinstance(node.ctx, ast.Store)
        ):
            found = UNKNOWN
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=given)], value=value) if given == name:
                value = value_of(value, {})
                found = str(value) if isinstance(value, str | int) else UNKNOWN
    return found


def interface(project: Project, command: StartCommand) -> str:
    """Return what a server speaks to the application: "asgi", "wsgi", or "" if unknown."""
    if command.server != "gunicorn":
        return command.speaks
    worker = gunicorn_setting(project, command, "worker_class", "-k", "--worker-class")
    if worker is UNKNOWN or (isinstance(worker, str) and re.search(r"[$`{]", worker)):
        return ""
    return "asgi" if worker and ASGI_WORKER.search(worker) else "wsgi"


def application_kind(project: Project, command: StartCommand) -> str:
    """Return what kind of application a command names, by its module: "asgi", "wsgi", ""."""
    files = files_of_module(project, command.module)
    found = re.search(r"(?:^|[._])([aw]sgi)\w*$", command.module)
    if not found or len(files) != 1 or files[0] not in project.modules.trees:
        return ""
    names = {
        node.name if isinstance(node, ast.alias) else node.id
        for node in ast.walk(project.modules.trees[files[0]])
        if isinstance(node, ast.alias | ast.Name)
    }
    return "" if GET_THE_OTHER[found[1]] in names else found[1]


def has_asgi_server(project: Project, command: StartCommand) -> bool:
    """Another server of the same deployment serves the sockets, or may do so."""
    together = {command.platform}
    if command.platform not in PLATFORMS:
        together = {one.platform for one in project.start_commands} - PLATFORMS
    if together & project.starts.open:
        return True
    return any(
        interface(project, other) != "wsgi"
        for other in project.start_commands
        if other.server in SERVERS and other.platform in together and other != command
    )


def address_of(project: Project, command: StartCommand) -> Address:
    """Return where a server listens."""
    match command.server:
        case "daphne":
            if (
                command.option("-u", "--unix-socket", "--fd", "-e", "--endpoint")
                is not None
            ):
                return Address(None, None)
            host = command.option("-b", "--bind") or "127.0.0.1"
            return Address(host, command.option("-p", "--port") or "8000")
        case "uvicorn" | "granian" as name:
            if command.option("--uds", "--fd", "--config") is not None:
                return Address(None, None)
            variables = command.environment
            host = command.option("--host") or variables.get(f"{name.upper()}_HOST")
            port = command.option("--port") or variables.get(f"{name.upper()}_PORT")
            return Address(host or "127.0.0.1", port or "8000")
        case "hypercorn":
            if command.option("-c", "--config") is not None:
                return Address(None, None)
            return split_address(command.option("-b", "--bind") or "127.0.0.1:8000")
        case "gunicorn":
            bind = gunicorn_setting(project, command, "bind", "-b", "--bind")
            return split_address(bind) if isinstance(bind, str) else Address(None, None)
        case "runserver":
            given = command.arguments[0].text if command.arguments else "8000"
            return split_address(given if ":" in given else f"127.0.0.1:{given}")
    return Address(None, None)


def split_address(text: str) -> Address:
    """Split "0.0.0.0:8000" and "[::]:8000"; a socket file has neither host nor port."""
    if text.startswith(("unix:", "fd:", "/", "$")):
        return Address(None, None)
    if found := re.match(r"(\[[^\]]*\]|[^:]*)(?::(.+))?$", text):
        host = found[1].strip("[]")
        return Address("0.0.0.0" if host in ("", "0") else host, found[2] or "8000")
    return Address(None, None)


def is_installed_elsewhere(project: Project) -> bool:
    """The project is installed as a package, so that it can be imported from anywhere."""
    install = r"pip3? install[^\n]*\s(-e|--editable|\.)(\s|$|\[|/)|--editable|^-e\s+\.|\bpip install \."
    return any(
        re.search(install, source.text, re.MULTILINE)
        for file, source in project.sources.items()
        if not file.endswith((".py", ".html", ".js"))
    )


def application_of(project: Project) -> str:
    """Return the ASGI application as a server wants it; "" if there's none."""
    module, name = project.asgi_setting
    return f"{module}:{name}" if project.modules.file_of(module) else ""


def requirement(project: Project, name: str, line: str) -> Edit | None:
    """Return the edit that adds a line to the requirements; None if that's not possible."""
    for need in project.needs_for("django"):
        file = need.where.rpartition(":")[0]
        if file.endswith(".txt") and not project.needs_for(name):
            return project.sources[file].append(line)
    return None


def served_by_daphne(project: Project, command: StartCommand) -> list[Edit]:
    """Return the edits that put Daphne in another server's place, with the same address."""
    application = application_of(project)
    host, port = address_of(project, command)
    if command.platform in PLATFORMS:
        host, port = "0.0.0.0", port if port and "$" in port else "$PORT"
    elif (
        host is None and command.server == "gunicorn" and command.option("-b", "--bind")
    ):
        return []  # a socket file
    elif command.is_container:
        host = "0.0.0.0"
    if not application or command.form == "yaml":
        return []
    folder = command.words[0].text.rpartition("/")[0]  # a unit names the whole path
    daphne = f"{folder}/daphne" if folder else "daphne"
    edit = command.instead(
        daphne, "-b", host or "127.0.0.1", "-p", port or "8000", application
    )
    more = requirement(project, "daphne", "daphne>=4.2.2")
    return [one for one in (edit, more) if one]


def has_websockets(project: Project) -> bool:
    """Uvicorn has a library for WebSockets."""
    if any(project.needs_for(name) for name in ("websockets", "wsproto")):
        return True
    return any(
        re.search(r"^[\s\"']*uvicorn\s*\[[^]]*standard", source.text, re.MULTILINE)
        for source in project.sources.values()
    )
