"""The exercises, as exercises/ describes them. exercises/README.md explains the files."""

import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from course.changes import Change
from course.errors import CourseError
from course.steps import ROOT

EXERCISES = ROOT / "exercises"
KINDS = {
    "write": "write it",
    "fix": "fix it",
    "predict": "predict it",
    "test": "test it",
}
SEPARATOR = "\n---\n"  # between hints


@dataclass(frozen=True)
class Variant:
    """One solution, right or wrong: changes to the start, or to another solution.

    Of a wrong one, `rejected_by` names the check that must fail first, `says` is a part
    of the sentence that its author reads, and `teaches` is what to learn from it.
    """

    name: str
    source: Path
    about: str = ""
    on: str = "start"
    rejected_by: str = ""
    says: str = ""
    teaches: str = ""
    delete: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        """Tell whether the checks must refuse it."""
        return self.source.parent.name == "wrong"


@dataclass(frozen=True)
class Exercise:
    """One exercise; exercises/README.md explains the keys."""

    name: str
    track: str
    title: str
    kind: str
    minutes: int
    difficulty: int
    files: list[str]
    step: str = ""
    needs: list[str] = field(default_factory=list)
    after: str = ""
    folder: str = ""
    solution: str = ""
    page: str = "chat/"

    @property
    def path(self) -> Path:
        """The folder that describes it."""
        return EXERCISES / self.name

    @property
    def checks(self) -> Path:
        """The file of its checks."""
        return self.path / "test_checks.py"

    def text(self, file: str) -> str:
        """Return one of its texts; empty if it has none."""
        path = self.path / file
        return path.read_text("utf-8").strip() if path.is_file() else ""

    @property
    def task(self) -> str:
        """What the student has to do, in Markdown."""
        return self.text("task.md")

    @property
    def hints(self) -> list[str]:
        """The hints, from the gentlest to the plainest, in Markdown."""
        return [hint.strip() for hint in self.text("hints.md").split(SEPARATOR) if hint]

    @property
    def reason(self) -> str:
        """Why the published solution is as it is, in Markdown."""
        return self.text("solution.md")

    @cached_property
    def start(self) -> Variant:
        """What is changed in the step before the student gets it."""
        path = self.path / "start.toml"
        return read_variant(path) if path.is_file() else Variant("start", path)

    @cached_property
    def right(self) -> dict[str, Variant]:
        """The right solutions, by their names."""
        return read_variants(self.path / "right")

    @cached_property
    def wrong(self) -> dict[str, Variant]:
        """The wrong solutions, by their names."""
        return read_variants(self.path / "wrong")

    @property
    def model(self) -> Variant:
        """The right solution that later stages start from, published or not."""
        return self.right[self.solution or next(iter(self.right))]


def read_variants(folder: Path) -> dict[str, Variant]:
    """Return the solutions in a folder, in the order of their names."""
    found = [read_variant(path) for path in sorted(folder.glob("*.toml"))]
    return {variant.name: variant for variant in found}


def read_variant(path: Path) -> Variant:
    """Return the solution that one file describes."""
    entry = read_toml(path)
    changes = [Change(**change) for change in entry.pop("change", [])]
    return Variant(path.stem, path, changes=changes, **entry)


def read_toml(path: Path) -> dict:
    """Return what a TOML file says; raise CourseError if it can't be read."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise CourseError(f"{path} can't be read: {problem}") from None


@dataclass(frozen=True)
class Track:
    """The exercises of one lesson, or a series of its own."""

    name: str
    title: str
    exercises: list[str]
    about: str = ""


def load_tracks() -> list[Track]:
    """Return the tracks in their order."""
    manifest = read_toml(EXERCISES / "exercises.toml")
    return [Track(**entry) for entry in manifest["track"]]


def load() -> list[Exercise]:
    """Return all exercises in their order."""
    return [
        read_exercise(name, track.name)
        for track in load_tracks()
        for name in track.exercises
    ]


def read_exercise(name: str, track: str) -> Exercise:
    """Return the exercise that a folder describes."""
    entry = read_toml(EXERCISES / name / "exercise.toml")
    return Exercise(**{"name": name, "track": track, "folder": name} | entry)


def find(name: str) -> Exercise:
    """Return the exercise of a name, or the only one whose name contains it."""
    exercises = {exercise.name: exercise for exercise in load()}
    wanted = Path(name).name.lower()  # a folder typed with the help of the Tab key
    if wanted in exercises:
        return exercises[wanted]
    close = [known for known in exercises if wanted and wanted in known]
    if len(close) == 1:
        return exercises[close[0]]
    advice = "To see them all: python3 -m course exercise list"
    if close:
        raise CourseError(
            f'"{name}" could be any of {", ".join(close)}. Write a little more of it.'
        )
    raise CourseError(f'There is no exercise "{name}". {advice}')
