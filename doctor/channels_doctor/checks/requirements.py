"""Checks of the versions: can all of them be installed together, and are they maintained?"""

import ast
from collections.abc import Iterator, Mapping

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.requirements import Need, RequirementsFile
from channels_doctor.requirements.changes import Change
from channels_doctor.requirements.conflicts import Conflict, conflicts_in
from channels_doctor.requirements.upgrade import CURRENT, THREE, Wanted, edits_to

ONLY_WINDOWS = ("twisted-iocpsupport", "pywin32", "pypiwin32", "pywinpty")


PIP_STOPS = 'pip stops with "ResolutionImpossible"'


def change_of(project: Project, need: Need) -> Change:
    """Return what changes the file that a need stands in."""
    return Change(project.requirements.files[need.file], project.sources[need.file])


def edits_for(
    project: Project, need: Need, versions: Mapping[str, Wanted]
) -> tuple[Edit, ...]:
    """Return the edits that bring the files around a need to versions that go together."""
    for files in project.requirements.sets():
        if need.file in {one.file for one in files}:
            return edits_to(versions, files, project.sources, imported(project))
    return ()


def imported(project: Project) -> set[str]:
    """Return what the project itself imports, by the names that packages have on PyPI."""
    roots = {
        module.split(".")[0]
        for statement in project.nodes(ast.Import, ast.ImportFrom)
        for module in project.modules.imported_by(statement)
    }
    # Django brings asgiref in every version, so nobody has to ask for it.
    return {root.replace("_", "-").lower() for root in roots} - {"asgiref"}


def requirements_fit_together(project: Project) -> Iterator[Finding]:
    """pip finds versions that get along."""
    for files in project.requirements.sets():
        # What a tool has written fits: the tool would have stopped.
        if files[0].form not in ("lock", "command"):
            needs = needs_installed_by(files)
            for conflict in conflicts_in(needs):
                versions = THREE if stays_with_channels_3(needs) else CURRENT
                edits = edits_to(versions, files, project.sources, imported(project))
                yield conflict_between(project, conflict, edits)
                break  # the others of these files go away with it, or show next time


def conflict_between(
    project: Project, conflict: Conflict, edits: tuple[Edit, ...]
) -> Finding:
    """Return the finding, at the line that the edits change."""
    changed = {
        f"{edit.file}:{project.sources[edit.file].number_of(edit.start)}"
        for edit in edits
    }
    lines = (conflict.need, conflict.asked, conflict.other)
    need = next((one for one in lines if one.where in changed), conflict.need)
    asked = conflict.asked.shown
    if conflict.asked != need:
        asked += f" ({conflict.asked.where})"
    form = project.requirements.files[need.file].form
    stops = "This can't be installed" if form == "table" else PIP_STOPS
    return say(
        "conflict", need.where, *edits, stops=stops, why=conflict.why, asked=asked
    )


def needs_installed_by(files: list[RequirementsFile]) -> list[Need]:
    """Return what one command installs; a line in two files counts once."""
    return list(dict.fromkeys(need for one in files for need in one.needs))


def stays_with_channels_3(needs: list[Need]) -> bool:
    """The project asks for Channels 3, and nothing for a newer one."""
    mine = [need for need in needs if need.name == "channels"]
    return any(need.always_below((4,)) and need.always_from((3,)) for need in mine)


def versions_are_maintained(project: Project) -> Iterator[Finding]:
    """No line holds on to a version that gets no fixes."""
    is_old = project.channels_version.below(4)
    for need in project.needs_for("daphne"):
        # Channels 3 needs daphne 3: there, the two go up together.
        if need.always_below((4, 2, 2)) and not is_old:
            edits = change_of(project, need).rewrite(need, ">=4.2.2")
            yield say("daphne-old", need.where, *edits)
    for need in project.needs_for("channels"):
        if need.always_below((4,)):
            yield say("channels-old", need.where, *edits_for(project, need, CURRENT))


def packages_are_the_right_ones(project: Project) -> Iterator[Finding]:
    """No package that is abandoned, or for one system only."""
    for need in project.requirements.needs:
        if need.is_from_lock:
            continue
        change = change_of(project, need)
        if need.name == "django-channels" and change.form != "conda":
            edits = change.remove(need) if project.needs_for("channels") else ()
            edits = edits or renamed(change, need)
            yield say("django-channels", need.where, *edits)
        if need.name in ONLY_WINDOWS and not need.marker:
            yield say(
                "windows-only",
                need.where,
                *for_windows(change, need),
                is_certain=True,
                package=need.name,
            )


def renamed(change: Change, need: Need) -> tuple[Edit, ...]:
    """Ask for channels in place of the package that has its name by mistake."""
    if change.form != "pip" or not change.is_plain(need):
        return ()
    return (change.source.replace_text(need.line_number, need.text, "channels~=4.3"),)


def for_windows(change: Change, need: Need) -> tuple[Edit, ...]:
    """Ask for a package on Windows only."""
    if change.form != "pip" or not change.is_plain(need):
        return ()
    new = f'{need.text}; sys_platform == "win32"'
    return (change.source.replace_text(need.line_number, need.text, new),)


def nothing_needs_aioredis(project: Project) -> Iterator[Finding]:
    """channels-redis 4 brings redis-py, which has taken over aioredis."""
    redis = project.needs_for("channels-redis")
    if any(need.always_below((4,)) for need in redis) or project.channels_version.below(
        4
    ):
        return  # channels-redis 3 is built on it
    needs = [need for need in project.needs_for("aioredis") if not need.is_from_lock]
    if any(need.always_below((2,)) for need in needs) and "aioredis" in imported(
        project
    ):
        return  # its first version is another library, and redis-py has nothing like it
    edits = [edit for need in needs for edit in change_of(project, need).remove(need)]
    imports = [
        one
        for one in project.nodes(ast.Import, ast.ImportFrom)
        if comes_from_aioredis(one)
    ]
    edits += [edit for one in imports for edit in from_redis(project, one)]
    if imports:
        yield say("aioredis-imported", imports[0], *edits)
    elif needs:
        yield say("aioredis", needs[0].where, *edits)


def comes_from_aioredis(statement: ast.Import | ast.ImportFrom) -> bool:
    """Tell whether a statement imports from aioredis, and nothing else."""
    match statement:
        case ast.Import(names=[ast.alias(name="aioredis")]):
            return True
        case ast.ImportFrom(module=str(module), level=0):
            return module.split(".")[0] == "aioredis"
    return False


def from_redis(
    project: Project, statement: ast.Import | ast.ImportFrom
) -> tuple[Edit, ...]:
    """Import the same from redis-py, which has kept the names."""
    source = project.source_of(statement)
    if isinstance(statement, ast.Import):
        name = statement.names[0].asname or "aioredis"
        return (source.replace(statement, f"from redis import asyncio as {name}"),)
    return (source.replace_text(statement.lineno, "aioredis", "redis.asyncio"),)


def redis_is_pinned(project: Project) -> Iterator[Finding]:
    """channels-redis 4 comes with a redis-py that it gets along with."""
    if any(need.always_below((8,)) for need in project.needs_for("redis")):
        return
    for need in project.needs_for("channels-redis"):
        if need.is_from_lock or need.always_below((4,)):
            continue
        change = change_of(project, need)
        own = [one for one in project.needs_for("redis") if one.file == need.file]
        edits = change.rewrite(own[0], "<8") if own else change.add("redis<8", need)
        yield say("redis-unpinned", need.where, *edits)


CHECKS = [
    requirements_fit_together,
    versions_are_maintained,
    packages_are_the_right_ones,
    nothing_needs_aioredis,
    redis_is_pinned,
]
