"""The environment of a compose file's service, as far as the files of the project tell it."""

import posixpath
import re
from typing import NamedTuple

from channels_doctor.compose_files import Service, environment_of
from channels_doctor.dockerfiles import read_dockerfile
from channels_doctor.project import Project
from channels_doctor.redis_hosts import read_variables, reads_a_file


class Surroundings(NamedTuple):
    """The environment of a service, and where each variable of it is set."""

    values: dict[str, str | None]  # None: set, to something that isn't known
    places: dict[str, str]  # "compose.yaml:7"
    is_complete: bool


def surroundings(project: Project, service: Service) -> Surroundings:
    """Return the environment of a service: the image's, its files', its own."""
    values: dict[str, str | None] = {}
    places: dict[str, str] = {}
    is_complete = True
    if reads_a_file(project):  # for what isn't in the environment
        files = [file for file in project.sources if posixpath.basename(file) == ".env"]
        is_complete = len(files) == 1
        for file in files[:1]:
            add_file(project, file, values, places)
    if service.dockerfile:
        values |= read_dockerfile(project.sources[service.dockerfile].text).environment
    else:
        is_complete = False
    here = posixpath.dirname(service.file)
    env_file = service.node.get("env_file")
    for name in env_file.items() if env_file else ():
        file = posixpath.normpath(posixpath.join(here, name))
        if file in project.sources:
            add_file(project, file, values, places)
        else:
            is_complete = False
    mine = environment_of(service.node)
    for name, value in mine.items():
        values[name] = filled(project, here, value)
        places[name] = place_of(project, service, name)
    environment = service.node.get("environment")
    if environment and not environment.is_plain:
        is_complete = False
    return Surroundings(values, places, is_complete)


def add_file(
    project: Project, file: str, values: dict[str, str | None], places: dict[str, str]
) -> None:
    """Add the variables of a file such as `.env`."""
    for name, (value, line) in read_variables(project.sources[file].text).items():
        values[name] = None if "$" in value else value
        # A password stays where it is: then only the file is named.
        places[name] = file if "@" in value else f"{file}:{line}"


def filled(project: Project, folder: str, value: str) -> str | None:
    """Put the variables into a compose file's text that it has from the `.env` beside it."""
    source = project.sources.get(posixpath.join(folder, ".env"))
    known = read_variables(source.text) if source else {}

    def fill(found: re.Match[str]) -> str:
        name, default = found[1] or found[2], found[3]
        return known[name][0] if name in known else default or "\0"

    text = re.sub(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})", fill, value)
    return None if "\0" in text or "$" in text else text


def place_of(project: Project, service: Service, name: str) -> str:
    """Return the line of a compose file that sets a variable."""
    environment = service.node.get("environment")
    for child in environment.children if environment else ():
        if child.key == name or child.text.startswith(f"{name}="):
            text = project.sources[service.file].text
            return f"{service.file}:{text.count(chr(10), 0, child.place) + 1}"
    return service.file
