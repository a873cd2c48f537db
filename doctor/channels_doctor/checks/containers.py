"""Checks of the containers: do they find each other, and are they shut to others?"""

import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import COMPOSE, NOTES, REDIS_IMAGE

OLD_REDIS = r"(?:^\s*image:\s*[\"']?|docker run[^\n]*\s)redis:([1-5])\b"


OPEN_PORT = r"(?:^\s*-\s*[\"']?|docker run[^\n]*\s-p\s*)(?:0\.0\.0\.0:)?(\d+:6379)\b"


def containers_find_redis(project: Project) -> Iterator[Finding]:
    """A chat in a container does not look for Redis on localhost."""
    layers = repr(project.settings.get("CHANNEL_LAYERS"))
    if not re.search(r"localhost|127\.0\.0\.1", layers):
        return
    for _, text in project.texts_of(COMPOSE):
        if "network_mode" in text:
            continue
        services = services_of(text)
        web = names_with(r"\n\s+build:", services)
        redis = names_with(REDIS_IMAGE, services)
        if web and redis:
            where = project.settings.where("CHANNEL_LAYERS")
            yield say("redis-localhost", where, web=web[0], redis=redis[0])


def names_with(pattern: str, services: dict[str, str]) -> list[str]:
    """Return the names of the services in whose text a pattern stands."""
    return [name for name, text in services.items() if re.search(pattern, text)]


def services_of(compose: str) -> dict[str, str]:
    """Return the services of a compose file: name and text.

    Read by the indents, as Python has no YAML in its library.
    """
    services: dict[str, str] = {}
    is_inside, name, width = False, "", 0
    for line in compose.splitlines():
        line = line.split("#")[0].rstrip()
        indent = len(line) - len(line.lstrip())
        if line and indent == 0:
            is_inside = line == "services:"
        elif line and is_inside:
            width = width or indent
            if indent == width:
                name = line.strip(" :\"'")
            services[name] = services.get(name, "") + line + "\n"
    return services


def redis_image_is_maintained(project: Project) -> Iterator[Finding]:
    """The Redis in a container still gets security fixes."""
    for found, where in project.search(f"{COMPOSE}|{NOTES}", OLD_REDIS):
        yield say("redis-old-image", where, version=found[1])


def redis_is_not_open_to_the_network(project: Project) -> Iterator[Finding]:
    """The port of Redis is published on this machine only."""
    for found, where in project.search(f"{COMPOSE}|{NOTES}", OPEN_PORT):
        yield say("redis-open", where, port=found[1])


CHECKS = [
    containers_find_redis,
    redis_image_is_maintained,
    redis_is_not_open_to_the_network,
]
