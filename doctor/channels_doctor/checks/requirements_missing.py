"""Checks that whatever the project imports is asked for: does it start on a new machine?"""

import re
from collections.abc import Iterator
from pathlib import Path

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.requirements import RequirementsFile
from channels_doctor.requirements.changes import Change
from channels_doctor.third_party import PACKAGES, Package, is_asked_for
from channels_doctor.uses import uses_of

# Forms of files that are about packages, first of all.
LISTS = ("pip", "quoted", "table", "conda", "lock")


def what_is_imported_is_asked_for(project: Project) -> Iterator[Finding]:
    """Every package that the project can't start without is in the requirements."""
    requirements = project.requirements
    lists = [one for one in requirements.files.values() if one.form in LISTS]
    unclear = not requirements.is_complete or includes_are_missing(project)
    if unclear or is_asked_for_above(project):
        return
    missing = {
        module: node
        for module, node in uses_of(project).items()
        if not is_asked_for(PACKAGES[module], requirements)
    }
    if not lists:
        needing = [missing[name] for name in missing if name in ("daphne", "channels")]
        if needing:
            yield say("requirements-none", needing[0])
        return
    for module, node in missing.items():
        package = PACKAGES[module]
        yield say(
            "requirement-missing",
            node,
            *addition(project, lists, package),
            error=ERRORS.get(
                module, f"ModuleNotFoundError: No module named '{module}'"
            ),
            package=package.name,
            file=lists[0].file,
        )


# Django has words of its own for some of them.
ERRORS = {
    "PIL": "(fields.E210) Cannot use ImageField because Pillow is not installed.",
    "psycopg2": "Error loading psycopg2 or psycopg module",
    "MySQLdb": "Error loading MySQLdb module.",
}


def includes_are_missing(project: Project) -> bool:
    """A file of requirements includes another one that is not here."""
    files = project.requirements.files
    lists = [one for one in files.values() if one.form == "pip"]
    return any(name not in files for one in lists for name, _ in one.includes)


def is_asked_for_above(project: Project) -> bool:
    """The folder is part of a repository that may ask for the packages further up."""
    for folder in [project.folder, *project.folder.parents][:4]:
        if folder != project.folder:
            names = [one.name.lower() for one in entries_of(folder)]
            if any(
                re.match(r"requirement|pyproject\.toml|pipfile|environment", n)
                for n in names
            ):
                return True
        if (folder / ".git").exists():
            return False
    return False


def entries_of(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing if we may not look."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def addition(
    project: Project, files: list[RequirementsFile], package: Package
) -> tuple[Edit, ...]:
    """Ask for a package in the file that asks for Django, or in the first one."""
    mine = [one for one in files if any(need.name == "django" for need in one.needs)]
    for read in [*mine, *files]:
        change = Change(read, project.sources[read.file])
        if edits := change.add(package.name + package.spec):
            return edits
    return ()


CHECKS = [what_is_imported_is_asked_for]
