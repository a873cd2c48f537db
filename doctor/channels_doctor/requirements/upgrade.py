"""Versions that go together, for a project whose requirements don't."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from channels_doctor.edits import Edit, Source
from channels_doctor.requirements.changes import Change
from channels_doctor.requirements.conflicts import conflicts_in
from channels_doctor.requirements.need import Need
from channels_doctor.requirements.together import BROUGHT, RequirementsFile


class Wanted(NamedTuple):
    """Versions that are fine, and what to write where a line allows none of them."""

    fine: str
    spec: str


# What goes together, tried with `uv pip compile`.
CURRENT = {
    "django": Wanted(">=4.2", "~=5.2"),
    "channels": Wanted(">=4.2.2,<5", "~=4.3"),
    "channels-redis": Wanted(">=4.0,<5", "~=4.3"),
    "daphne": Wanted(">=4.2.2", ">=4.2.2"),
    "redis": Wanted(">=4.6,<8", "<8"),
}
# What channels-redis 4 no longer needs.
ABANDONED = {"aioredis"}
# What goes with Channels 3, for code that is written for it.
THREE = {
    "channels": Wanted("~=3.0", "~=3.0"),
    "channels-redis": Wanted(">=3.3,<4", "~=3.4"),
    "daphne": Wanted("~=3.0", "~=3.0"),
}


def edits_to(
    versions: Mapping[str, Wanted],
    files: list[RequirementsFile],
    sources: Mapping[str, Source],
    used: set[str],
) -> tuple[Edit, ...]:
    """Return the edits after which files ask for these versions, and pip finds them.

    What `pip freeze` wrote down though nobody asked for it is left out, unless the project
    itself imports it (`used`). Nothing, if even then two lines don't go together.
    """
    edits: list[Edit] = []
    left: list[Need] = []
    gone = (ABANDONED if versions is CURRENT else set()) - used
    if any(one.is_freeze for one in files):
        gone |= BROUGHT - used
    for read in files:
        change = Change(read, sources[read.file])
        for need in read.needs:
            if not need.is_for_python("3.12"):
                continue
            kept, made = changed(need, versions, change, gone)
            if kept is None and not made:
                return ()
            edits += made
            left += [kept] if kept else []
    if versions is CURRENT:
        edits += additions(left, files, sources)
    left, more = without_what_is_brought(left, files, sources, used)
    return () if any(conflicts_in(left)) else (*edits, *more)


def additions(
    needs: list[Need], files: list[RequirementsFile], sources: Mapping[str, Source]
) -> list[Edit]:
    """Ask for what Channels 4 no longer brings, and for a redis-py that it gets along with."""
    by_name = {need.name: need for need in needs}
    by_file = {one.file: one for one in files}
    has_daphne = any(need.name == "daphne" or "daphne" in need.extras for need in needs)
    has_redis = any(need.name == "redis" and need.always_below((8,)) for need in needs)
    wanted = [
        ("channels", "daphne>=4.2.2", has_daphne),
        ("channels-redis", "redis<8", has_redis),
    ]
    edits: list[Edit] = []
    for name, text, is_there in wanted:
        if name in by_name and not is_there:
            need = by_name[name]
            edits += Change(by_file[need.file], sources[need.file]).add(text, need)
    return edits


def changed(
    need: Need, versions: Mapping[str, Wanted], change: Change, gone: set[str]
) -> tuple[Need | None, tuple[Edit, ...]]:
    """Return what is left of a need, and the edits; nothing of either if it can't be made."""
    wanted = versions.get(need.name)
    if need.name in gone and (need.is_pinned or need.name in ABANDONED):
        return None, change.remove(need)
    if wanted is None or need.allows_any_of(wanted.fine):
        return need, ()
    edits = change.rewrite(need, wanted.spec)
    return (replace(need, spec=wanted.spec) if edits else None), edits


def without_what_is_brought(
    needs: list[Need],
    files: list[RequirementsFile],
    sources: Mapping[str, Source],
    used: set[str],
) -> tuple[list[Need], list[Edit]]:
    """Leave out pins of what other packages bring, where they are in the way."""
    edits: list[Edit] = []
    by_file = {one.file: one for one in files}
    for conflict in list(conflicts_in(needs)):
        for need in (conflict.need, conflict.other):
            if need in needs and need.name in BROUGHT and need.name not in used:
                made = Change(by_file[need.file], sources[need.file]).remove(need)
                edits += made
                needs = [one for one in needs if one != need] if made else needs
    return needs, edits
