"""Checks of the README: can someone else install and start the project?"""

import difflib
import posixpath
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Source
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import COMPOSE, README, REDIS_IMAGE

HOW_TO_START_REDIS = """
Start Redis first:

    docker run --rm -p 127.0.0.1:6379:6379 redis:7
"""
SERVERS = (
    r"\b(?:daphne|uvicorn|hypercorn|granian|gunicorn)\s[^\n`]*?\b([\w.]+\.asgi):(\w+)"
)


# What stands for the name of the reader's own project.
PLACEHOLDER = r"(your|my|meu|seu|sua|mi|tu)_?(proje|proye|app)|your|proje[ck]t(_?name)?\.|nom[eb]\w*_"


def readme_mentions_redis(project: Project) -> Iterator[Finding]:
    """Who reads the README, or has the compose file, knows that Redis is needed."""
    readmes = dict(project.texts_of(README))
    is_needed = "channels_redis" in project.layer_backend
    is_said = re.search("redis|valkey", " ".join(readmes.values()), re.IGNORECASE)
    is_brought = any(project.search(COMPOSE, REDIS_IMAGE))
    if readmes and is_needed and not is_said and not is_brought:
        file = next(iter(readmes))
        edits = [project.sources[file].append(HOW_TO_START_REDIS)]
        yield say("redis-unmentioned", file, *edits if file.endswith(".md") else ())


def readme_commands_work(project: Project) -> Iterator[Finding]:
    """The commands in the README do what they are meant to, in every shell."""
    for found, where in project.search(README, r"\b(python3?)\s+install\s+-.*"):
        source, number = place(project, where)
        edit = source.replace_text(number, found[1], f"{found[1]} -m pip")
        yield say(
            "readme-install", where, edit, is_certain=True, command=found[0].strip("` ")
        )
    unquoted = r"pip3? install.*\s(channels\[[^\]\n]*\])"
    for found, where in project.search(README, unquoted):
        source, number = place(project, where)
        package = found[1].replace('"', "").replace("'", "")
        edit = source.replace_text(number, found[1], f"'{package}'")
        yield say("readme-zsh", where, edit, is_certain=True, command=found[1])


def place(project: Project, where: str) -> tuple[Source, int]:
    """Return the text that a place is in, and the number of the line."""
    file, _, number = where.rpartition(":")
    return project.sources[file], int(number)


def readme_names_files_that_are_there(project: Project) -> Iterator[Finding]:
    """`python manage.py` and `pip install -r` name files that exist.

    Only a slip is reported: a file of nearly the same name is there.
    """
    names = {posixpath.basename(file) for file in project.files}
    runs = r"(?:\bpython[\d.]*|\bpy)\s+([\w./-]+\.py)\b"
    installs = r"\bpip[\d.]*\s+install\s+(?:[^\n`]*\s)?-r\s*([\w./-]+)"
    for pattern, error in ((runs, PYTHON_SAYS), (installs, PIP_SAYS)):
        for found, where in project.search(README, pattern):
            name = posixpath.basename(found[1])
            near = difflib.get_close_matches(name, names - {name}, 1, 0.8)
            is_alike = (
                near and posixpath.splitext(near[0])[1] == posixpath.splitext(name)[1]
            )
            if name in names or not is_alike:
                continue
            source, number = place(project, where)
            edit = source.replace_text(number, name, near[0])
            said = error.replace("NAME", found[1])
            yield say("readme-file", where, edit, name=name, error=said, near=near[0])


PYTHON_SAYS = "can't open file 'NAME': [Errno 2] No such file or directory"
PIP_SAYS = (
    "Could not open requirements file: [Errno 2] No such file or directory: 'NAME'"
)


def readme_starts_the_application(project: Project) -> Iterator[Finding]:
    """The server in the README gets the module that contains the application."""
    right = ".".join(project.asgi_setting)
    module, _, name = right.rpartition(".")
    modules = project.modules
    if not modules.file_of(module) or not project.paths_are_plain:
        return
    for found, where in project.search(README, SERVERS):
        path = found[1].replace(".", "/") + ".py"
        is_there = any(f"/{file}".endswith(f"/{path}") for file in project.files)
        is_placeholder = re.match(PLACEHOLDER, found[1], re.IGNORECASE)
        if is_there or is_placeholder or not where.startswith(modules.root):
            continue
        source, number = place(project, where)
        old = f"{found[1]}:{found[2]}"
        if old in source.line(number):
            edit = source.replace_text(number, old, f"{module}:{name}")
            first = found[1].split(".")[0]
            is_package = any(
                file.startswith(f"{modules.root}{first}/") for file in modules.files
            )
            missing = found[1] if is_package else first
            yield say(
                "readme-module", where, edit, module=missing, right=f"{module}:{name}"
            )


CHECKS = [
    readme_mentions_redis,
    readme_commands_work,
    readme_names_files_that_are_there,
    readme_starts_the_application,
]
