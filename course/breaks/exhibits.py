"""The exhibits of the museum, and the changes that they make in a copy of a step."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course import compare
from course.changes import Change
from course.errors import CourseError
from course.steps import DATA, Step, find_step

MUSEUM = DATA / "museum.toml"
FENCED = re.compile(r"^```(\w+)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Exhibit:
    """One error to look at; the keys are explained in museum.toml."""

    name: str
    step: str
    title: str
    why: str
    fix: str
    section: str = ""
    says: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    does: str = ""
    ask: str = ""
    choices: list[str] = field(default_factory=list)
    right: str = ""
    scene: str = ""
    path: str = ""
    absent: str = ""
    words: str = ""
    undo: bool = True
    changes: list[Change] = field(default_factory=list)

    @property
    def broken(self) -> Step:
        """The step that is broken."""
        return find_step(self.step)

    @property
    def lettered(self) -> dict[str, str]:
        """The answers to choose from, by their letters."""
        return dict(zip("ABCD", self.choices, strict=False))

    @property
    def command(self) -> str:
        """What shows it."""
        return f"python3 -m course break {self.name}"

    def copy(self, folder: Path) -> Path:
        """Copy the step into a folder, make the changes there, and return the copy."""
        copy = compare.copy(self.broken, folder / self.broken.folder)
        for change in self.changes:
            change.make(copy)
        return copy

    def diff(self, copy: Path, context: int = 3) -> list[str]:
        """Return what is different in the copy, with so many lines around it."""
        files = compare.files_of(self.broken)
        lines = []
        for path in dict.fromkeys(change.file for change in self.changes):
            changed = (copy / path).read_bytes()
            lines += compare.diff_lines(path, files.get(path), changed, context)
        return lines


def load() -> list[Exhibit]:
    """Return the exhibits in their order."""
    exhibits = []
    for entry in tomllib.loads(MUSEUM.read_text("utf-8"))["exhibit"]:
        entry["changes"] = [Change(**change) for change in entry.get("changes", [])]
        entry.setdefault("section", entry["step"])
        exhibits.append(Exhibit(**entry))
    return exhibits


def find(name: str) -> Exhibit:
    """Return the exhibit of a name."""
    exhibits = {exhibit.name: exhibit for exhibit in load()}
    if name not in exhibits:
        raise CourseError(
            f'There is no break "{name}". There are: {", ".join(exhibits)}.'
        )
    return exhibits[name]


def in_full(outcome: str) -> str:
    """Return what somebody gets, with what a page learns about it."""
    if "handshake" in outcome:
        return f"{outcome}; the page gets close code 1006"
    return outcome


def blocks_of(fix: str) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs and fenced blocks of a `fix`: language and text, "" for prose."""
    prose, *rest = FENCED.split(fix)
    for language, code, after in [
        ("", "", prose),
        *zip(*[iter(rest)] * 3, strict=True),
    ]:
        if language:
            yield language, code
        yield from (("", part) for part in after.strip().split("\n\n") if part)


def pattern_of(text: str) -> re.Pattern:
    """Return what finds a text of `says` in a line; … stands for anything."""
    return re.compile(".*".join(map(re.escape, text.split("…"))))
