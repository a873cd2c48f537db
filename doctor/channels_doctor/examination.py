"""The way in: find the projects in a folder, and ask every check about each."""

import dataclasses
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from channels_doctor import nearby, silence
from channels_doctor.checks import CHECKS
from channels_doctor.errors import DoctorError
from channels_doctor.finding import Finding, Note
from channels_doctor.pages_code import PAGES
from channels_doctor.project import Project
from channels_doctor.reading import files_below, is_a
from channels_doctor.secrets import LONGEST_SENTENCE, hide

FIRST = ("not-python", "not-utf8")  # no other fault shows before these are gone


@dataclass
class Patient:
    """One project in the folder: where its manage.py is, and what is wrong there."""

    root: str  # "" or "mysite/"
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Examination:
    """All that the doctor can say about a folder."""

    folder: Path
    patients: list[Patient]
    shared: list[Finding]  # about files that several projects share
    notes: list[Note]
    texts: dict[str, str]  # of the files that were read, to show changes of them

    @property
    def findings(self) -> list[Finding]:
        """Every finding once, the one that matters most first."""
        everything = [one for patient in self.patients for one in patient.findings]
        return sorted(everything + self.shared, key=order)

    @property
    def is_wrong(self) -> bool:
        """Something doesn't work."""
        return any(finding.level == "wrong" for finding in self.findings)


def examine(folder: Path) -> list[Finding]:
    """Return what is wrong in the project in this folder, and what is a risk.

    If a check itself fails, so does this; `examine_folder` makes a note of it.
    """
    return examine_folder(folder, is_strict=True).findings


def examine_folder(folder: Path, is_strict: bool = False) -> Examination:
    """Examine every project in a folder."""
    with without_garbage_collection():
        return examine_projects(folder, is_strict)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Leave Python's search for unused objects out: it would go through millions of pieces of code.

    None of them becomes unused meanwhile. In a large project, it takes a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def examine_projects(folder: Path, is_strict: bool) -> Examination:
    """Examine every project in a folder, one after the other."""
    if not os.path.isdir(folder):  # unlike is_dir(), it raises nothing
        raise DoctorError(nearby.why_no_folder(folder))
    try:
        files, notes = files_below(folder)
    except OSError as error:
        raise DoctorError(f"{folder} can't be read: {error.strerror}.") from error
    roots = roots_in(files)
    if not roots:
        raise DoctorError(nearby.why_no_project(folder, files))
    seen = Examination(folder, [], [], notes, {})
    marks, used = set(), set()
    for root, mine in files_of_each(roots, files):
        try:
            project = Project(folder, root, mine, len(roots) == 1)
        except Exception as error:
            if is_strict:
                raise
            notes.append(failure(f"reading {root or folder.name}", root, error))
            continue
        marks.update(silence.marks_in(project.sources))
        findings = set(ask(project, is_strict))
        silenced = {one for one in findings if silence.mark_for(one) in marks}
        used.update(map(silence.mark_for, silenced))
        put(seen, root, findings - silenced, has_others=len(roots) > 1)
        seen.texts |= {name: source.text for name, source in project.sources.items()}
        notes += project.notes
    notes += silence.notes_about(marks, used)
    seen.notes = [Note(note.where, hide(note.text)) for note in dict.fromkeys(notes)]
    return seen


def projects_in(folder: Path) -> Iterator[Project]:
    """Yield each project in a folder, read, for whoever wants more than findings."""
    files, _ = files_below(folder)
    roots = roots_in(files)
    for root, mine in files_of_each(roots, files):
        yield Project(folder, root, mine, len(roots) == 1)


def put(seen: Examination, root: str, findings: set[Finding], has_others: bool) -> None:
    """Note the findings of one project; those about shared files once for all projects."""
    own = {one for one in findings if one.file.startswith(root) or not has_others}
    seen.patients.append(Patient(root, sorted(own, key=order)))
    seen.shared += sorted(findings - own - set(seen.shared), key=order)


def roots_in(files: list[str]) -> list[str]:
    """Return where there is a manage.py: "" or "mysite/"."""
    return [
        file.removesuffix("manage.py")
        for file in files
        if file.rpartition("/")[2] == "manage.py"
    ]


def files_of_each(
    roots: list[str], files: list[str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each place of a manage.py, with the files beside it and below it.

    Files that are below no manage.py belong to the project, if there's one. Of several, each gets
    those about installing and starting; code and pages could belong to any of them, or to none.
    """
    owned: dict[str, list[str]] = {root: [] for root in roots}
    shared = []
    for file in files:
        place = file
        while place and place not in owned:
            place = place.rstrip("/").rpartition("/")[0]
            place += "/" if place else ""
        (owned[place] if place in owned else shared).append(file)
    if len(roots) > 1:
        shared = [file for file in shared if not is_a(rf"\.py$|{PAGES}", file)]
    for root, mine in owned.items():
        yield root, sorted([*mine, *shared])


def ask(project: Project, is_strict: bool) -> Iterator[Finding]:
    """Yield what every check has to say, each with its line, and without secrets."""
    for finding in findings_of(project, is_strict):
        source = project.sources.get(finding.file)
        line = source.line(finding.line_number).strip() if source else ""
        yield dataclasses.replace(
            finding,
            line=hide(line),
            what=hide(finding.what, LONGEST_SENTENCE),
            do=hide(finding.do, LONGEST_SENTENCE),
        )


def findings_of(project: Project, is_strict: bool) -> Iterator[Finding]:
    """Yield what could not be read, and what every check has to say."""
    yield from project.troubles
    for check in CHECKS:
        try:
            yield from check(project)
        except RecursionError:  # a file nested deeper than any person writes
            continue
        except Exception as error:
            if is_strict:
                raise
            name = check.__name__.replace("_", " ")
            root = project.modules.root
            project.notes.append(failure(f'the check "{name}"', root, error))


def failure(what: str, root: str, error: Exception) -> Note:
    """Return the note about a fault of the doctor's own."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = ""
    if trace:
        file = Path(trace.tb_frame.f_code.co_filename).name
        place = f", {file}:{trace.tb_lineno}"
    kind = type(error).__name__
    text = (
        f"A fault of the doctor's own: {what} failed ({kind}: {error}{place})."
        " Everything else was checked. Please report it."
    )
    return Note(root.rstrip("/"), text)


def order(finding: Finding) -> tuple[object, ...]:
    """Order by what a fault does, then by its place; line 9 before line 10."""
    return (
        finding.stage,
        finding.level != "wrong",
        finding.name not in FIRST,
        finding.file,
        finding.line_number,
        finding.what,
    )
