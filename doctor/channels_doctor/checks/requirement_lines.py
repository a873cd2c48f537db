"""Checks of single lines of the requirements: can pip read each, and find what it names?"""

import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.requirements import Need, RequirementsFile
from channels_doctor.requirements.changes import Change
from channels_doctor.requirements.facts import rows_for

FOR_PIP = r"(^|/)(requirements?|reqs?)[^/]*\.txt$|(^|/)requirements/[^/]+\.txt$"


def pip_can_read_the_lines(project: Project) -> Iterator[Finding]:
    """Each line is one that pip understands."""
    for read in pip_files(project):
        change = Change(read, project.sources[read.file])
        wrong = [need for need in read.needs if need.error]
        if wrong:
            need = wrong[0]
            edits = [edit for one in wrong for edit in with_two_signs(change, one)]
            line = str(need.line_number)
            yield say(
                "requirement-invalid", need.where, *edits, text=need.text, number=line
            )


def with_two_signs(change: Change, need: Need) -> tuple[Edit, ...]:
    """Write conda's `channels=4.3.2=pypi_0` as pip's `channels==4.3.2`."""
    found = re.fullmatch(r"([\w.-]+)\s*=\s*(\d[\w.]*)(=\w+)?", need.text)
    if not found or not change.is_plain(need):
        return ()
    new = f"{found[1]}=={found[2]}"
    return (change.source.replace_text(need.line_number, need.text, new),)


def packages_are_not_on_one_machine_only(project: Project) -> Iterator[Finding]:
    """No line names a folder of the machine that wrote it."""
    for read in pip_files(project):
        local = [need for need in read.needs if re.search(r"@\s*file:", need.text)]
        if local:
            change = Change(read, project.sources[read.file])
            edits = [edit for need in local for edit in change.rewrite(need, "")]
            path = re.search(r"file:(?://)?(/[^\s#;]*)", local[0].text)
            yield say(
                "requirement-local",
                local[0].where,
                *edits,
                path=path[1] if path else "",
            )


def included_files_are_there(project: Project) -> Iterator[Finding]:
    """`-r FILE` names a file that exists."""
    for read in pip_files(project):
        for name, where in read.includes:
            is_inside = not name.startswith((".", "/", "http")) and "$" not in name
            if is_inside and not (project.folder / name).exists():
                yield say("requirements-not-there", where, name=written(project, where))


def written(project: Project, where: str) -> str:
    """Return the name as it stands after `-r`."""
    file, _, number = where.rpartition(":")
    line = project.sources[file].line(int(number))
    return re.sub(r"^\s*(-r|--requirement)[\s=]*|\s#.*", "", line).strip(" \"'")


def pip_files(project: Project) -> Iterator[RequirementsFile]:
    """Yield the files that pip reads, by their names."""
    for read in project.requirements.files.values():
        if read.form == "pip" and re.search(FOR_PIP, read.file, re.IGNORECASE):
            yield read


def python_is_new_enough(project: Project) -> Iterator[Finding]:
    """The Python that a file names runs the versions that are asked for."""
    for read in project.requirements.files.values():
        too_old = [(python, too_new_for(python, project)) for python in read.python]
        # A Dockerfile may build its pages with one Python, and run with another.
        if too_old and all(need for _, need in too_old):
            python, need = too_old[-1]
            if need:
                yield say(
                    "python-too-old",
                    python.where,
                    *newer_python(project, read, python),
                    python=python.text,
                    need=need.shown,
                    at=need.where,
                    error=error_of(read, need),
                    least=rows_for(need.name, need.spec)[0].python,
                )


def error_of(read: RequirementsFile, need: Need) -> str:
    """Return what pip says; other tools have words of their own."""
    if read.form in ("command", "python"):
        return f'"ERROR: No matching distribution found for {need.shown}".'
    return "none of its versions can be installed."


def too_new_for(python: Need, project: Project) -> Need | None:
    """Return a line that no version of which runs on this Python."""
    version = re.search(r"\d+\.\d+", python.text)
    for need in project.requirements.needs:
        rows = rows_for(need.name, need.spec)
        if not rows or (version and not need.is_for_python(version[0])):
            continue
        least = tuple(int(part) for part in rows[0].python.split("."))
        if python.always_below(least):
            return need
    return None


def newer_python(
    project: Project, read: RequirementsFile, python: Need
) -> tuple[Edit, ...]:
    """Name Python 3.13 instead, where a file names one version."""
    source = project.sources[read.file]
    line = source.line(python.line_number)
    image = re.search(r"python:3\.\d+[\w.]*(-slim|-alpine)?\S*", line)
    if image:
        new = f"python:3.13{image[1] or ''}"
        return (source.replace_text(python.line_number, image[0], new),)
    plain = re.search(r"3\.\d+(\.\d+)?", line)
    if plain and re.fullmatch(r"==\s*3\.\d+(\.\d+)?(\.\*)?", python.spec):
        return (source.replace_text(python.line_number, plain[0], "3.13"),)
    return ()


CHECKS = [
    pip_can_read_the_lines,
    packages_are_not_on_one_machine_only,
    included_files_are_there,
    python_is_new_enough,
]
