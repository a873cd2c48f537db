"""Checks of the application that a start command names: is it there?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.deployment import (
    commands_of,
    files_of_module,
    folder_of,
    is_installed_elsewhere,
)
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import is_a
from channels_doctor.servers import StartCommand
from channels_doctor.starts import DOCKERFILE

DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")
NO_COLON = {
    "daphne": "ValueError: not enough values to unpack (expected 2, got 1)",
    "uvicorn": 'Error loading ASGI app. Import string "{text}" must be in format'
    ' "<module>:<attribute>".',
    "gunicorn": "ModuleNotFoundError: No module named '{text}'",
}
NO_NAME = {
    "daphne": "AttributeError: module '{module}' has no attribute '{name}'",
    "uvicorn": 'Error loading ASGI app. Attribute "{name}" not found in module "{module}".',
    "gunicorn": "Failed to find attribute '{name}' in '{module}'.",
}


def applications_are_there(project: Project) -> Iterator[Finding]:
    """A start command names a module that exists, and something in it."""
    for command in commands_of(project):
        word = command.application_word
        if word is None or not word.is_known or command.server == "uwsgi":
            continue
        if right := with_colon(project, command):
            error = NO_COLON[command.server].format(text=word.text.partition(":")[0])
            yield say(
                "start-no-colon",
                command.where,
                command.changed(word, right),
                is_certain=True,
                text=word.text,
                right=right,
                error=error,
            )
        elif DOTTED.match(command.module):
            yield from module_is_there(project, command)


def with_colon(project: Project, command: StartCommand) -> str:
    """Return `mysite.asgi:application` for a path or a name without its colon; "" if it has one."""
    text = command.application_word.text
    if command.server not in NO_COLON:
        return ""
    path, _, given = text.partition(":")
    module = path.removesuffix(".py").replace("/", ".").strip(".")
    is_path = path.endswith(".py") or "/" in path
    name = given or "application"
    if not is_path and not given and not files_of_module(project, module):
        module, _, name = module.rpartition(".")
    is_plain = not is_path and (
        given or command.server == "gunicorn" and module == path
    )
    if is_plain or len(files_of_module(project, module)) != 1:
        return ""
    names = names_bound(project, files_of_module(project, module)[0])
    return f"{module}:{name}" if names and names & {name, "*"} else ""


def module_is_there(project: Project, command: StartCommand) -> Iterator[Finding]:
    """Say which part of `mysite.asgi:application` is missing."""
    files = files_of_module(project, command.module)
    folder = folder_of(command)
    if not files:
        yield from missing_module(project, command)
        return
    if len(files) > 1:
        return
    path = command.module.replace(".", "/")
    if folder is None or files[0] in (
        f"{folder}{path}.py",
        f"{folder}{path}/__init__.py",
    ):
        is_below = folder is not None and folder != project.modules.root
        if is_below and sets_paths_plainly(project, files[0]):
            yield from wrong_folder(project, command, folder, files[0])
        else:
            yield from missing_name(project, command, files[0])
    else:
        yield from wrong_folder(project, command, folder, files[0])


def sets_paths_plainly(project: Project, file: str) -> bool:
    """A module imports the settings by the name that manage.py has for them, and no path is changed."""
    tree = project.modules.trees.get(file)
    texts = (
        {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        if tree
        else ()
    )
    names = (
        {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if tree
        else ()
    )
    return (
        project.settings_module in texts
        and "path" not in names
        and project.paths_are_plain
    )


def missing_module(project: Project, command: StartCommand) -> Iterator[Finding]:
    """Say that there's no such module, if one for this server is in the project."""
    kind = command.module.rpartition(".")[2]
    others = [
        file.removesuffix(".py")
        for file in project.modules.files
        if re.search(r"(^|/)[aw]sgi\.py$", file)
    ]
    is_djangos = kind in ("asgi", "wsgi") or command.attribute == "application"
    if not is_djangos and command.module.split(".")[0] != project.package:
        return  # another program, whose code is elsewhere
    packages = {need.name.replace("-", "_") for need in project.requirements.needs}
    if not others or command.module.split(".")[0].lower() in packages:
        return
    alike = [one for one in others if one.rpartition("/")[2] == kind]
    edits = []
    right = ""
    if len(alike) == 1:
        root = project.modules.root if alike[0].startswith(project.modules.root) else ""
        module = alike[0].removeprefix(root).replace("/", ".")
        names = names_bound(project, f"{alike[0]}.py")
        colon = f":{command.attribute}" if command.attribute else ""
        if names and command.attribute in ({"", *names}):
            right = module + colon
            edits = [command.changed(command.application_word, right)]
    missing = first_missing(project, command.module)
    hint = (
        f"Write {right}" if right else "Name the module that contains the application"
    )
    yield say("start-module", command.where, *edits, missing=missing, hint=hint)


def first_missing(project: Project, module: str) -> str:
    """Return what Python says that it doesn't find: "mysit" of "mysit.asgi"."""
    parts = module.split(".")
    for number in range(1, len(parts)):
        path = "/".join(parts[:number])
        if not any(f"/{file}".find(f"/{path}/") >= 0 for file in project.modules.files):
            return ".".join(parts[:number])
    return module


def wrong_folder(
    project: Project, command: StartCommand, folder: str, file: str
) -> Iterator[Finding]:
    """Say that the command runs in another folder than the one that imports begin in."""
    root = project.modules.root
    if not file.startswith(root) or not root.startswith(folder) or root == folder:
        return
    if is_installed_elsewhere(project):
        return
    module = file.removesuffix(".py").removesuffix("/__init__").removeprefix(root)
    module = module.replace("/", ".")
    missing = command.module if command.module == module else project.settings_module
    top = missing.split(".")[0]
    if f"{folder}{top}/" not in project.starts.folders:
        missing = top
    inner = root.removeprefix(folder).rstrip("/")
    edits = go_there(project, command, inner)
    if edits and command.module != module:
        word = command.application_word
        edits.append(
            command.changed(word, word.text.replace(command.module, module, 1))
        )
    yield say("start-folder", command.where, *edits, missing=missing, folder=inner)


def go_there(project: Project, command: StartCommand, folder: str) -> list[Edit]:
    """Return the edit that makes a command run in a folder below its own."""
    if command.platform == "docker" and is_a(DOCKERFILE, command.file):
        source = project.sources[command.file]
        return [source.insert_before(command.line, f"WORKDIR {folder}")]
    if command.form == "shell" and command.platform in (
        "procfile",
        "render",
        "railway",
    ):
        return [Edit(command.file, command.start, command.start, f"cd {folder} && ")]
    return []


def missing_name(
    project: Project, command: StartCommand, file: str
) -> Iterator[Finding]:
    """Say that the module doesn't have what the command names in it."""
    names = names_bound(project, file)
    name = command.attribute
    if not name or not names or names & {name, "*"} or command.server not in NO_NAME:
        return
    error = NO_NAME[command.server].format(module=command.module, name=name)
    edits = []
    if "application" in names:
        edits = [
            command.changed(command.application_word, f"{command.module}:application")
        ]
    yield say("start-name", command.where, *edits, error=error, file=file, name=name)


def names_bound(project: Project, file: str) -> set[str]:
    """Return every name that a module makes; "*" if that can't be known; none if it's unread."""
    names = set()
    tree = project.modules.trees.get(file)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add("*" if node.name == "__getattr__" else node.name)
            case ast.alias():
                names.add(node.asname or node.name.split(".")[0])
            case ast.Name(id="globals" | "setattr" | "exec"):
                names.add("*")
    return names


CHECKS = [
    applications_are_there,
]
