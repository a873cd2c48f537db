"""Checks of the containers: do they find each other, and are they shut to others?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.compose_files import Service, environment_of
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import COMPOSE, NOTES, REDIS_IMAGE
from channels_doctor.redis_hosts import (
    Host,
    host_and_port,
    layer_hosts,
)
from channels_doctor.surroundings import Surroundings, surroundings

OLD_REDIS = r"(?:^\s*image:\s*[\"']?|docker run[^\n]*\s)redis:([1-5])\b"
OPEN_PORT = r"(?:^\s*-\s*[\"']?|docker run[^\n]*\s-p\s*)(?:0\.0\.0\.0:)?(\d+:6379)\b"
LOCAL = ("localhost", "127.0.0.1")
PASSWORD = r"requirepass|REDIS_PASSWORD|redis\.conf|aclfile"


def containers_find_redis(project: Project) -> Iterator[Finding]:
    """A chat in a container looks for Redis where the compose file has it."""
    hosts = layer_hosts(project)
    seen = set()
    for service in project.starts.services:
        if not hosts or not is_the_chat(project, service):
            continue
        mates = [one for one in project.starts.services if one.file == service.file]
        redis = [one for one in mates if re.search(REDIS_IMAGE, text_of(project, one))]
        text = project.sources[service.file].text
        if len(redis) != 1 or re.search(r"network_mode|extra_hosts|external", text):
            continue
        around = surroundings(project, service)
        finding = judge(project, service, redis[0], hosts[0], around, mates)
        if finding and (finding.name, finding.where) not in seen:
            seen.add((finding.name, finding.where))
            yield finding


def is_the_chat(project: Project, service: Service) -> bool:
    """A service is built from the project, not from a front end beside it."""
    if not (project.is_alone and service.dockerfile and service.node.is_plain):
        return False
    stages = re.findall(
        r"^\s*FROM\s+(\S+)", project.sources[service.dockerfile].text, re.M
    )
    is_other = bool(stages) and re.match(
        r"(.*/)?(node|nginx|caddy|bun|oven)\b", stages[-1]
    )
    root = project.modules.root
    return (
        not is_other
        and service.context is not None
        and root.startswith(service.context)
    )


def uses_other_settings(project: Project, values: dict[str, str | None]) -> bool:
    """A container runs with settings that manage.py doesn't name."""
    names = {values.get("DJANGO_SETTINGS_MODULE", project.settings_module)}
    for node in ast.walk(project.asgi_tree):
        match node:
            case ast.Constant(value=str(text)) if re.fullmatch(
                r"[\w.]+\bsettings[\w.]*", text
            ):
                names.add(text)
    return names != {project.settings_module}


def text_of(project: Project, service: Service) -> str:
    """Return the lines of a service."""
    nodes = [*service.node.everything()]
    end = max(max(node.end, node.place) for node in nodes)
    return project.sources[service.file].text[service.node.place : end]


def judge(
    project: Project,
    service: Service,
    redis: Service,
    host: Host,
    around: Surroundings,
    mates: list[Service],
) -> Finding | None:
    """Return why a service doesn't reach Redis; None if it does, or if that isn't known."""
    names = [one.name for one in host.variables]
    if uses_other_settings(project, around.values):
        return None
    if not around.is_complete and not set(names) <= set(around.values):
        return None
    url = host.text(around.values)
    name, port = host_and_port(url) if url else ("", "")
    if not name:
        return None
    setters = [around.places[one] for one in names if one in around.places]
    where = setters[0] if setters else project.settings.where("CHANNEL_LAYERS")
    words = {"host": name, "port": port, "web": service.name, "redis": redis.name}
    if name in LOCAL:
        edits = point_to(project, service, redis, host, where, name)
        return say("redis-localhost", where, *edits, **words)
    if name == redis.name:
        return published_port(project, redis, where, words)
    if "." in name or name in names_in_network(mates):
        return None
    edits = changed_host(project, where, name, redis.name)
    return say("redis-host", where, *edits, **words)


def names_in_network(services: list[Service]) -> set[str]:
    """Return the names by which the containers of a compose file know each other."""
    names = {one.name for one in services}
    for service in services:
        for node in service.node.everything():
            if node.key in ("container_name", "hostname"):
                names.add(node.text)
            elif node.key in ("aliases", "links"):
                names |= {item.rpartition(":")[2] for item in node.items()}
    return names


def published_port(
    project: Project, redis: Service, where: object, words: dict[str, str]
) -> Finding | None:
    """Return that a port is meant for the machine outside, not for the other containers."""
    ports = redis.node.get("ports")
    published = [one.split(":") for one in ports.items() if ":" in one] if ports else []
    given = [one for one in published if one[-1] == "6379" and one[-2] == words["port"]]
    if words["port"] == "6379" or not given or redis.node.get("command"):
        return None
    edits = []
    if isinstance(where, str) and not is_secret(where):
        file, _, line = where.rpartition(":")
        edits = (
            [
                project.sources[file].replace_text(
                    int(line),
                    f"{words['redis']}:{words['port']}",
                    f"{words['redis']}:6379",
                )
            ]
            if f"{words['redis']}:{words['port']}"
            in project.sources[file].line(int(line))
            else []
        )
    return say("redis-published-port", where, *edits, **words)


def is_secret(where: str) -> bool:
    """A file holds secrets, so that its lines aren't shown as a diff."""
    return bool(re.search(r"\.env\b", where))


def changed_host(project: Project, where: object, old: str, new: str) -> list[Edit]:
    """Return the edit of a line in a compose file that names a host."""
    if not isinstance(where, str) or is_secret(where) or ":" not in where:
        return []
    file, _, line = where.rpartition(":")
    text = project.sources[file].line(int(line))
    found = re.search(
        rf"(?<![\w.-]){re.escape(old)}(?![\w.-])", text.partition(":")[2] or text
    )
    if not found or text.count(old) != 1:
        return []
    return [project.sources[file].replace_text(int(line), old, new)]


def point_to(
    project: Project,
    service: Service,
    redis: Service,
    host: Host,
    where: object,
    old: str,
) -> list[Edit]:
    """Return the edits that tell a container where Redis is."""
    if isinstance(where, str):
        return changed_host(project, where, old, redis.name)
    url = f"redis://{redis.name}:6379"
    match host.variables:
        case [variable] if len(host.parts) == 1:
            return [set_variable(project, service, variable.name, url)]
        case []:
            source = project.source_of(host.node)
            if re.search(r"^import os$", source.text, re.MULTILINE):
                new = 'os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")'
                edits = [source.replace(host.node, new)]
                if "REDIS_URL" not in environment_of(service.node):
                    edits.append(set_variable(project, service, "REDIS_URL", url))
                return edits
        case [first, *_] if "HOST" in first.name:
            return [set_variable(project, service, first.name, redis.name)]
    return []


def set_variable(project: Project, service: Service, name: str, value: str) -> Edit:
    """Return the edit that sets a variable in a service of a compose file."""
    source = project.sources[service.file]
    environment = service.node.get("environment")
    child = environment.children[0] if environment and environment.children else None
    node = child or service.node.children[0]
    line = source.text.count("\n", 0, node.place) + 1
    blanks = " " * node.indent
    if child is None:
        step = node.indent - service.node.indent
        text = f"{blanks}environment:\n{blanks}{' ' * step}{name}: {value}"
    elif child.key:
        text = f"{blanks}{name}: {value}"
    else:
        text = f"{blanks}- {name}={value}"
    place = source.starts[line - 1]
    return Edit(service.file, place, place, source.with_newlines(text + "\n"))


def redis_image_is_maintained(project: Project) -> Iterator[Finding]:
    """The Redis in a container still gets security fixes, and has what the layer asks of it."""
    for found, where in project.search(f"{COMPOSE}|{NOTES}", OLD_REDIS):
        name = "redis-too-old" if int(found[1]) < 5 else "redis-old-image"
        file, _, line = where.rpartition(":")
        number = int(line) + found[0].count("\n")
        source = project.sources[file]
        old = re.search(r"redis:\d+(\.\d+)*", source.line(number))
        edits = [source.replace_text(number, old[0], "redis:7")] if old else []
        yield say(name, f"{file}:{number}", *edits, version=found[1])


def redis_is_not_open_to_the_network(project: Project) -> Iterator[Finding]:
    """The port of Redis is published on this machine only."""
    for found, where in project.search(f"{COMPOSE}|{NOTES}", OPEN_PORT):
        file, _, line = where.rpartition(":")
        number = int(line) + found[0].count("\n")
        source = project.sources[file]
        if re.search(PASSWORD, source.text):
            continue
        old = re.search(rf"(0\.0\.0\.0:)?{found[1]}", source.line(number))
        new = f"127.0.0.1:{found[1]}"
        edits = [source.replace_text(number, old[0], new)] if old else []
        yield say("redis-open", f"{file}:{number}", *edits, port=found[1])


CHECKS = [
    containers_find_redis,
    redis_image_is_maintained,
    redis_is_not_open_to_the_network,
]
