"""The small projects that the doctor is tried on: `doctor/projects/FINDING/CASE/`.

Each case is a project that is `broken` in one way, its `healthy` twin, and `expected.toml`:

    about = "daphne forgotten in INSTALLED_APPS"
    base = "chat"              # what both build on: a folder of `_bases`; their files replace its
    broken_without = []        # files of the base that the broken one lacks
    healthy_without = []
    [[finding]]                # all that the doctor may say about the broken one
    name = "daphne-missing"
    file = "mysite/settings.py"
    line = 'INSTALLED_APPS = ['  # the line's text; without it, the file as a whole
    then = []                  # findings that following a diff brings to light: a new version's
    may_vary = true            # false if the fault is in the spelling itself: an encoding, say
    cannot_start = ""          # why the healthy one can't be started as it is
    diffs_suffice = true       # false if following the diffs alone doesn't make a working chat
    page = "/chat/lobby/"      # what answers 200 in the healthy one; "" if there is no page
    socket = "/ws/chat/lobby/" # what accepts; "" if there is none
    frame = '{"text": "hi"}'   # what Ana sends there, so that both get a frame; "" for none

A case without a folder `healthy` has the base as its twin; one without `broken` is just another
healthy project that must be left alone.
"""

import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCTOR = ROOT / "doctor"
PROJECTS = DOCTOR / "projects"
BASES = PROJECTS / "_bases"

if str(DOCTOR) not in sys.path:  # as `course doctor` does
    sys.path.insert(0, str(DOCTOR))


@dataclass
class Case:
    """One broken project, its healthy twin, and what the doctor must say about it."""

    folder: Path
    about: str
    base: str = ""
    broken_without: list[str] = field(default_factory=list)
    healthy_without: list[str] = field(default_factory=list)
    finding: list[dict[str, str]] = field(default_factory=list)
    then: list[str] = field(
        default_factory=list
    )  # what following a diff may bring to light
    may_vary: bool = True  # false if the fault is one of spelling: an encoding, a typo
    cannot_start: str = ""  # why not, if the tests' environment lacks something
    diffs_suffice: bool = True  # false if the advice can't all be a diff
    page: str = "/chat/lobby/"
    socket: str = "/ws/chat/lobby/"
    frame: str = '{"text": "hi"}'  # what Ana sends; empty if this chat takes none

    @property
    def name(self) -> str:
        """Return "daphne-missing/daphne-forgotten": the folders, as a test shows them."""
        return self.folder.relative_to(PROJECTS).as_posix()

    @property
    def is_broken(self) -> bool:
        """There is a broken project in it."""
        return bool(self.finding)

    @property
    def expected(self) -> set[tuple[str, str, str]]:
        """Name, file and line of each finding."""
        return {
            (one["name"], one.get("file", ""), one.get("line", ""))
            for one in self.finding
        }

    def build(self, which: str, folder: Path) -> Path:
        """Write the project "broken" or "healthy" into a folder, and return the folder."""
        without = getattr(self, f"{which}_without")
        if self.base:
            copy(BASES / self.base, folder)
        for name in without:
            (folder / name).unlink()
        if (self.folder / which).is_dir():
            copy(self.folder / which, folder)
        return folder


def copy(source: Path, target: Path) -> None:
    """Copy a folder's files over those of another."""
    shutil.copytree(
        source,
        target,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"),
    )


def follow(folder: Path) -> Path:
    """Apply one diff after the other, the first one first, until none is left."""
    for _ in range(20):
        if take_first(folder) is None:
            return folder
    raise AssertionError("the diffs come to no end")


def take_first(folder: Path, level: str = ""):
    """Apply the first finding's diff, and return the finding; None if there is none.

    Without a level, findings that have no diff are passed over. With one ("wrong"), each finding of
    that level must have a diff.
    """
    from channels_doctor import edits, examine

    findings = examine(folder)
    if level:
        findings = [one for one in findings if one.level == level]
        assert not findings or findings[0].edits, findings[0]
    else:
        findings = [one for one in findings if one.edits]
    if not findings:
        return None
    names = {edit.file for edit in findings[0].edits}
    texts = {name: read(folder / name) for name in names if (folder / name).exists()}
    for name, text in edits.apply(texts, findings[0].edits).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return findings[0]


def read(path: Path) -> str:
    """Return a file's text with its line endings, without a byte order mark."""
    data = path.read_bytes()
    is_utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data.decode("utf-16" if is_utf16 else "utf-8-sig", "replace")


def all_cases() -> Iterator[Case]:
    """Yield every case, by its name."""
    for file in sorted(PROJECTS.glob("*/*/expected.toml")):
        yield Case(file.parent, **tomllib.loads(file.read_text("utf-8")))


def found(folder: Path) -> set[tuple[str, str, str]]:
    """Return what the doctor finds: name, file and the line's text."""
    from channels_doctor import examine

    return {(one.name, one.file, one.line) for one in examine(folder)}
