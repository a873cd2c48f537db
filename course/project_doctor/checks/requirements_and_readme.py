"""Checks of the requirements and the README: can someone else install and start it?"""

import re
from collections.abc import Iterator

from course.project_doctor.advice import Finding, say
from course.project_doctor.project import Project
from course.project_doctor.reading import COMPOSE, README, REDIS_IMAGE
from course.project_doctor.requirements import Version

ONLY_WINDOWS = ("twisted-iocpsupport", "pywin32", "pypiwin32", "pywinpty")
CONFLICTS: list[tuple[str, Version, str, Version]] = [
    # The first one, older than this, with the second one, from this on.
    ("channels-redis", (3,), "channels", (3,)),
    ("channels-redis", (4,), "channels", (4,)),
    ("channels", (4,), "daphne", (4,)),
]


def requirements_fit_together(project: Project) -> Iterator[Finding]:
    """pip finds versions that get along."""
    for old, below, new, since in CONFLICTS:
        if any(need.always_from(since) for need in project.needs_for(new)):
            for need in project.needs_for(old):
                if need.always_below(below):
                    yield say("conflict", need.where, one=old, other=new)


def versions_are_maintained(project: Project) -> Iterator[Finding]:
    """No line holds on to a version that gets no fixes."""
    for need in project.needs_for("daphne"):
        if need.always_below((4, 2, 2)):
            yield say("daphne-old", need.where)
    for need in project.needs_for("channels"):
        if need.always_below((4,)):
            yield say("channels-old", need.where)


def packages_are_the_right_ones(project: Project) -> Iterator[Finding]:
    """No package that is abandoned, or for one system only."""
    for need in project.needs:
        if need.name in ("django-channels", "aioredis"):
            yield say(need.name, need.where)
        if need.name in ONLY_WINDOWS and not need.marker:
            yield say("windows-only", need.where, package=need.name)


def redis_is_pinned(project: Project) -> Iterator[Finding]:
    """channels-redis 4 comes with a redis-py that it gets along with."""
    if any(need.always_below((8,)) for need in project.needs_for("redis")):
        return
    for need in project.needs_for("channels-redis"):
        if not need.always_below((4,)):
            yield say("redis-unpinned", need.where)


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
