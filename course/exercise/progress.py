"""What a student has done so far, kept in my-work/progress.json."""

import json
import os
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from course.errors import CourseError

LONGEST_PAUSE = 600  # seconds between two checks that still count as work


@dataclass
class Entry:
    """One exercise. Times are in seconds since 1970; None if it hasn't happened."""

    started: float | None = None
    solved: float | None = None
    seen_solution: float | None = None
    last_checked: float | None = None
    worked: float = 0  # seconds, without the longer pauses
    runs: int = 0  # of the checks
    hints: int = 0  # how many are open
    edition: str = ""  # of the exercise, when it was started or its news were read

    @property
    def state(self) -> str:
        """Return the state in a word or two."""
        if self.solved:
            with_help = self.seen_solution and self.seen_solution <= self.solved
            return "solved with the solution" if with_help else "solved"
        return "started" if self.started else ""


@dataclass
class Progress:
    """The entries of all exercises, and the one to go on with."""

    path: Path
    current: str = ""
    exercises: dict[str, Entry] = field(default_factory=dict)
    warning: str = ""  # what was wrong with the file

    def of(self, name: str) -> Entry:
        """Return the entry of an exercise; a new one if there is none."""
        return self.exercises.setdefault(name, Entry())

    def save(self) -> None:
        """Write the file in one move: after a crash, it's the old one or the new one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "current": self.current,
            "exercises": {
                name: asdict(entry) for name, entry in self.exercises.items()
            },
        }
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        fresh.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        fresh.replace(self.path)

    def note(self, name: str, *, solved: bool, now: float | None = None) -> None:
        """Record one run of the checks, and save."""
        now = time.time() if now is None else now
        entry = self.of(name)
        entry.started = entry.started or now
        if entry.solved is None:
            since = now - (entry.last_checked or entry.started)
            entry.worked += since if 0 <= since <= LONGEST_PAUSE else 0
        entry.last_checked = now
        entry.runs += 1
        if solved and entry.solved is None:
            entry.solved = now
        self.save()


def load(path: Path) -> Progress:
    """Return the progress; a damaged file is put aside, never overwritten."""
    if not path.is_file():
        return Progress(path)
    try:
        content = json.loads(path.read_text("utf-8"))
        return Progress(
            path,
            str(content["current"]),
            {name: entry_of(one) for name, one in content["exercises"].items()},
        )
    except OSError as problem:
        raise CourseError(f"{path} can't be read: {problem.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        aside = path.with_name(
            f"progress-damaged-{time.strftime('%Y%m%d-%H%M%S')}.json"
        )
        path.replace(aside)
        warning = (
            f"{path.name} was damaged. It's kept as {aside.name}; you have a new one."
        )
        return Progress(path, warning=warning)


def entry_of(content: dict) -> Entry:
    """Return an entry; keys that a newer course may have written are left out."""
    known = {one.name for one in fields(Entry)}
    entry = Entry(**{key: value for key, value in content.items() if key in known})
    for one in fields(Entry):
        value = getattr(entry, one.name)
        if one.name == "edition":
            if not isinstance(value, str):
                raise TypeError(one.name)
        elif not (value is None or isinstance(value, int | float)):
            raise TypeError(one.name)
    return entry
