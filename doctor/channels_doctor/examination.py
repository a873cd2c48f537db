"""The way in: find the projects in a folder, and ask every check about each."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

from channels_doctor.checks import CHECKS
from channels_doctor.errors import DoctorError
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import files_below


def examine(folder: Path) -> list[Finding]:
    """Return what is wrong in the project in this folder, and what is a risk."""
    if not os.path.isdir(folder):  # unlike is_dir(), it raises nothing
        raise DoctorError(
            f"There is no folder {folder}. Name the folder that contains manage.py."
        )
    projects = list(projects_in(folder))
    if not projects:
        raise DoctorError(
            f"No manage.py in {folder} or below, so there is no Django project to"
            " check. Name the folder that contains manage.py."
        )
    # A set: two projects share the README above them, and what is the matter with it.
    findings = {finding for project in projects for finding in ask(project)}
    return sorted(findings, key=order)


def projects_in(folder: Path) -> Iterator[Project]:
    """Yield one for each manage.py, with the files beside it and below it.

    Files that are below no manage.py belong to every project.
    """
    files = files_below(folder)
    roots = [
        file.removesuffix("manage.py")
        for file in files
        if Path(file).name == "manage.py"
    ]
    for root in roots:
        others = tuple(one for one in roots if one != root and one.startswith(root))
        shared = [f for f in files if len(roots) == 1 or not f.startswith(tuple(roots))]
        mine = [f for f in files if f.startswith(root) and not f.startswith(others)]
        yield Project(folder, root, sorted({*mine, *shared}), len(roots) == 1)


def ask(project: Project) -> Iterator[Finding]:
    """Yield what could not be read, and what every check has to say, each with its line."""
    for finding in findings_of(project):
        source = project.sources.get(finding.file)
        line = source.line(finding.line_number).strip() if source else ""
        yield dataclasses.replace(finding, line=line)


def findings_of(project: Project) -> Iterator[Finding]:
    """Yield what could not be read, and what every check has to say."""
    yield from project.troubles
    for check in CHECKS:
        try:
            yield from check(project)
        except RecursionError:  # a file nested deeper than any person writes
            continue


def order(finding: Finding) -> tuple[int, str, int, str]:
    """Order by what a fault does, then by its place; line 9 before line 10."""
    return finding.stage, finding.file, finding.line_number, finding.what
