"""Checks that whatever the project imports is asked for: does it start on a new machine?"""

import ast
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

# Settings in which Django imports what they name, when it starts.
NAMING_SETTINGS = ("INSTALLED_APPS", "MIDDLEWARE", "CHANNEL_LAYERS")
# Modules that are not imported when a server starts.
NOT_STARTED = r"(^|/)(management|migrations|scripts|tests?)/|(^|/)(test_[^/]*|tests|conftest)\.py$"
MANY = (
    "pip",
    "quoted",
    "table",
    "conda",
)  # forms that are about packages, first of all


def what_is_imported_is_asked_for(project: Project) -> Iterator[Finding]:
    """Every package that the project can't start without is in the requirements."""
    requirements = project.requirements
    files = [one for one in requirements.files.values() if one.form in (*MANY, "lock")]
    uses = uses_of(project)
    if not requirements.needs and not requirements.mentioned and not files:
        needing = [uses[name] for name in uses if name in ("daphne", "channels")]
        if needing and not is_asked_for_above(project):
            yield say("requirements-none", needing[0])
        return
    if not requirements.is_complete or includes_are_missing(project):
        return
    if is_asked_for_above(project):
        return
    for module, node in uses.items():
        package = PACKAGES[module]
        if not is_asked_for(package, requirements):
            yield say(
                "requirement-missing",
                node,
                *addition(project, files, package),
                module=module,
                package=package.name,
                file=files[0].file if files else "requirements.txt",
            )


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


def uses_of(project: Project) -> dict[str, ast.AST]:
    """Return the first place where the project needs each of the known packages to start."""
    uses: dict[str, ast.AST] = {}
    for node, name in names_in_settings(project):
        uses.setdefault(name.split(".")[0], node)
    for statement in imports_at_the_top(project):
        for module in project.modules.imported_by(statement):
            uses.setdefault(module.split(".")[0], statement)
    own = {
        part.removesuffix(".py") for file in project.files for part in file.split("/")
    }
    return {
        name: node
        for name, node in uses.items()
        if name in PACKAGES and name not in own
    }


def names_in_settings(project: Project) -> Iterator[tuple[ast.AST, str]]:
    """Yield the names in those settings that surely are in force."""
    values = {str(key): project.settings.get(key) for key in NAMING_SETTINGS}
    for key, value in values.items():
        for text in texts_in(value):
            where = project.settings.where_in(key, text)
            if isinstance(where, ast.AST):
                yield where, text


def texts_in(value: object) -> Iterator[str]:
    """Yield the paths of classes and apps in a setting."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one.get("BACKEND") if isinstance(one, dict) else one)


def imports_at_the_top(project: Project) -> Iterator[ast.stmt]:
    """Yield the imports that run when the settings, the apps or asgi.py are imported.

    One in a function, under `if` or in `try` may never run.
    """
    apps = project.settings.get("INSTALLED_APPS")
    packages = (
        {app.split(".")[0] for app in apps or [] if isinstance(app, str)}
        if isinstance(apps, list)
        else set()
    )
    folders = {
        f"{project.modules.root}{one}/" for one in packages | {project.package} if one
    }
    for file, tree in project.modules.trees.items():
        is_started = file in project.settings.files or file.startswith(tuple(folders))
        if is_started and not re.search(NOT_STARTED, file):
            yield from (
                one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)
            )


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
