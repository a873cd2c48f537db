"""Checks of the README: can someone else install and start the project?"""

import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import COMPOSE, README, REDIS_IMAGE


def readme_mentions_redis(project: Project) -> Iterator[Finding]:
    """Who reads the README, or has the compose file, knows that Redis is needed."""
    readmes = dict(project.texts_of(README))
    is_needed = "channels_redis" in project.layer_backend
    is_said = re.search("redis", " ".join(readmes.values()), re.IGNORECASE)
    is_brought = any(project.search(COMPOSE, REDIS_IMAGE))
    if readmes and is_needed and not is_said and not is_brought:
        yield say("redis-unmentioned", next(iter(readmes)))


def readme_commands_work(project: Project) -> Iterator[Finding]:
    """The commands in the README do what they are meant to, in every shell."""
    for found, where in project.search(README, r"\bpython3?\s+install\s+-.*"):
        yield say("readme-install", where, command=found[0].strip("` "))
    unquoted = r"pip3? install.*\s(channels\[[^\]\n]*\])"
    for found, where in project.search(README, unquoted):
        yield say("readme-zsh", where, command=found[1])


CHECKS = [
    readme_mentions_redis,
    readme_commands_work,
]
