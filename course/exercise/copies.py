"""The student's copies: made once under my-work/, and never changed without asking."""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from course import compare
from course.errors import CourseError
from course.exercise.catalogue import Exercise, Variant, find
from course.steps import ROOT, find_step

WORK = Path(os.environ.get("COURSE_WORK") or ROOT / "my-work")
STARTS = ".starts"  # inside my-work: each copy as it was when it was made
ASIDE = ".before-reset"  # inside my-work: what a reset has put aside
TASK = "TASK.md"

# Not the student's work: these come from running the project, or from an editor.
LEFT_BEHIND = compare.LEFT_BEHIND | {TASK, ".git", ".DS_Store", "node_modules"}


def build_start(exercise: Exercise, folder: Path) -> Path:
    """Write what the student starts from into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if exercise.after:
        before = find(exercise.after)
        build(before, before.model, folder)
    elif exercise.step:
        for path, content in compare.files_of(find_step(exercise.step)).items():
            if path != "README.md" and not path.startswith("tests/"):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
    apply(exercise.start, folder)
    return folder


def build(exercise: Exercise, variant: Variant, folder: Path) -> Path:
    """Write a solution, right or wrong, into a new folder."""
    if variant.on == "start":
        build_start(exercise, folder)
    elif variant.on in exercise.right:
        build(exercise, exercise.right[variant.on], folder)
    else:
        raise CourseError(
            f'{variant.source}: there is no right solution "{variant.on}".'
        )
    apply(variant, folder)
    return folder


def apply(variant: Variant, folder: Path) -> None:
    """Make the changes of a solution in a folder."""
    for path in variant.delete:
        (folder / path).unlink()
    for change in variant.changes:
        change.make(folder, variant.source.relative_to(ROOT).as_posix())


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the student's files in a folder: path inside it, and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if LEFT_BEHIND.isdisjoint(inside.parts) and path.is_file():
            if path.suffix not in compare.NOT_OURS:
                found[inside.as_posix()] = path.read_bytes()
    return found


def diff(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Return the lines of a unified diff between two sets of files."""
    lines = []
    for path in sorted(before | after):
        if before.get(path) != after.get(path):
            lines += compare.diff_lines(path, before.get(path), after.get(path))
    return lines


class Copy:
    """The student's copy of one exercise.

    `work` is the folder of all copies: my-work/ in the clone.
    """

    def __init__(self, exercise: Exercise, work: Path = WORK) -> None:
        self.exercise = exercise
        self.work = work
        self.folder = work / exercise.folder
        self.start = work / STARTS / exercise.name

    @property
    def exists(self) -> bool:
        """Tell whether the student has started it."""
        return self.folder.is_dir() and self.start.is_dir()

    def make(self) -> None:
        """Make what is missing of the copy; what is there stays as it is.

        Stages of a series share a folder: a later one starts from the student's own.
        """
        if not self.folder.is_dir():
            shutil.rmtree(self.start, ignore_errors=True)
            build_whole(self.folder, self.exercise)
        if not self.start.is_dir():
            self.remember_start()
        self.write_task()

    def write_task(self) -> None:
        """Write the task beside the student's files; not over what they wrote in it."""
        task, ours = self.folder / TASK, self.work / STARTS / f"{self.folder.name}.md"
        text = f"# {self.exercise.title}\n\n{self.filled(self.exercise.task)}\n"
        was = ours.read_text("utf-8") if ours.is_file() else None
        if not task.is_file() or task.read_text("utf-8", "replace") == was:
            task.write_text(text, "utf-8", newline="\n")
            ours.write_text(text, "utf-8", newline="\n")

    def filled(self, text: str) -> str:
        """Return a text with this machine's Python, and the copy's folder, in it."""
        python = sys.executable
        if Path(python).is_relative_to(ROOT):
            python = os.path.relpath(python, self.folder)
        return text.replace("{python}", python).replace("{folder}", shown(self.folder))

    def remember_start(self) -> None:
        """Keep the copy as it is now, so that `diff` can tell what the student changed."""
        fresh = self.start.with_name(f"{self.start.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for path, content in files_in(self.folder).items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        fresh.rename(self.start)

    def changed(self) -> list[str]:
        """Return a diff of what the student changed."""
        return diff(files_in(self.start), files_in(self.folder))

    def solution(self) -> list[str]:
        """Return a diff from the start to the published solution."""
        solved = self.solved_files()
        return diff(self.fresh_files(), solved) if solved else []

    def solved_files(self) -> dict[str, bytes]:
        """Return the files of the published solution; empty if none is published."""
        if not self.exercise.solution:
            return {}
        variant = self.exercise.right[self.exercise.solution]
        return built_files(lambda folder: build(self.exercise, variant, folder))

    def fresh_files(self) -> dict[str, bytes]:
        """Return the files that a student would start from today."""
        return built_files(lambda folder: build_start(self.exercise, folder))

    def reset(self) -> Path:
        """Put the copy aside and make a new one; return where the old one is."""
        aside = (
            self.work
            / ASIDE
            / f"{self.exercise.folder}-{time.strftime('%Y%m%d-%H%M%S')}"
        )
        number = 1
        while aside.exists():
            number += 1
            aside = aside.with_name(f"{aside.name}-{number}")
        aside.parent.mkdir(parents=True, exist_ok=True)
        if self.folder.is_dir():
            try:
                self.folder.rename(aside)
            except OSError as problem:  # on Windows: a program that has it open
                raise CourseError(
                    f"{shown(self.folder)} can't be moved: {problem.strerror}. Close"
                    " the programs that use it, such as a server or a terminal."
                ) from None
        shutil.rmtree(self.start, ignore_errors=True)
        self.make()
        return aside

    def news(self, edition: str) -> list[str]:
        """Return what is new in the exercise since an edition; see `edition_of`."""
        before, now = parse(edition), parse(edition_of(self.exercise))
        return [what for what in now if before.get(what) not in {None, now[what]}]


def build_whole(folder: Path, exercise: Exercise) -> None:
    """Make the copy in one move, so that half a copy is never taken for a whole one."""
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    build_start(exercise, fresh)
    fresh.rename(folder)


def built_files(build_in: Callable[[Path], object]) -> dict[str, bytes]:
    """Return the files that a function writes into a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        build_in(Path(folder))
        return files_in(Path(folder))


def edition_of(exercise: Exercise) -> str:
    """Return which edition of an exercise this clone has, part by part.

    It's kept when the student starts, so that `git pull` can't change it unnoticed.
    """
    parts = {
        "the task": exercise.task.encode(),
        "the checks": exercise.checks.read_bytes(),
        "the start": b"".join(
            path.encode() + content
            for path, content in built_files(
                lambda folder: build_start(exercise, folder)
            ).items()
        ),
    }
    return ";".join(
        f"{what}={hashlib.sha256(content).hexdigest()[:12]}"
        for what, content in parts.items()
    )


def parse(edition: str) -> dict[str, str]:
    """Return the parts of an edition."""
    return dict(part.split("=", 1) for part in edition.split(";") if "=" in part)


def shown(path: Path) -> str:
    """Return a path as the student types it in the clone."""
    inside = path.is_relative_to(ROOT)
    return path.relative_to(ROOT).as_posix() if inside else str(path)
