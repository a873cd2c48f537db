"""Changes to the files of a copy, kept as text: the breaks and the exercises are made of them."""

from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError


@dataclass(frozen=True)
class Change:
    """One change: in a file, `old` becomes `new`; without `old`, the file is a new one."""

    file: str
    new: str
    old: str = ""

    def make(self, folder: Path, source: str = "docs/data/museum.toml") -> None:
        """Make it in a copy of a step; raise CourseError if it no longer fits.

        `source` is the file that the change is written in, for the error's text.
        """
        path = folder / self.file
        text = path.read_text("utf-8") if path.is_file() else ""
        if self.old and text.count(self.old) != 1:
            raise CourseError(
                f"A change in {source} no longer fits {folder.name}/{self.file}. This"
                f" text must occur there once, but occurs {text.count(self.old)}"
                f" times:\n\n{self.old.strip()}\n\n"
                "Has the step changed since the change was written?"
            )
        if text and not self.old:
            raise CourseError(
                f"A change in {source} creates {self.file}, but {folder.name} already"
                " has that file."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        changed = text.replace(self.old, self.new) if self.old else self.new
        path.write_text(changed, "utf-8", newline="\n")
