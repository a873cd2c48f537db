"""Checks of the requirements and the README: can someone else install and start it?"""

from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.requirements import Version

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
    for need in project.requirements.needs:
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


CHECKS = [
    requirements_fit_together,
    versions_are_maintained,
    packages_are_the_right_ones,
    redis_is_pinned,
]
