"""`course diff`: the files of the steps, and what each step changes."""

import difflib
import os
import sys
from pathlib import Path

from course.errors import CourseError
from course.steps import Step

# What running a step leaves behind, and what an editor does.
LEFT_BEHIND = {
    "__pycache__",
    ".pytest_cache",
    ".hypothesis",
    ".venv",
    "venv",
    "staticfiles",
    ".idea",
    ".vscode",
}
NOT_OURS = {".sqlite3", ".pyc", ".sqlite3-wal", ".sqlite3-shm", ".sqlite3-journal"}


def files_of(step: Step) -> dict[str, bytes]:
    """Return the files of a step: path inside the step, and content."""
    return files_in(step.path)


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a project, without what running it has left behind."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if LEFT_BEHIND.isdisjoint(inside.parts) and path.suffix not in NOT_OURS:
            if path.is_file():
                found[inside.as_posix()] = path.read_bytes()
    return found


def copy(step: Step, folder: Path) -> Path:
    """Copy the files of a step, and nothing that running it has left behind."""
    write(files_of(step), folder)
    return folder


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write files into a folder, over those that are there."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def changed_files(before: Step, after: Step) -> list[str]:
    """Return the files that two steps do not share, in the order of their names."""
    old, new = files_of(before), files_of(after)
    return sorted(path for path in old | new if old.get(path) != new.get(path))


def show_diff(before: Step, after: Step, only: list[str]) -> int:
    """Print what changes from one step to another; without README, unless it is named."""
    old, new = files_of(before), files_of(after)
    changed = changed_files(before, after)
    for path in only:
        if path not in old | new:
            raise CourseError(f'Neither step has a file "{path}".')
    chosen = only or [path for path in changed if path != "README.md"]
    added = removed = 0
    for path in chosen:
        lines = diff_lines(path, old.get(path), new.get(path))
        for line in lines:
            added += line.startswith("+") and not line.startswith("+++")
            removed += line.startswith("-") and not line.startswith("---")
            print(coloured(line))
    print(f"\n{len(chosen)} files, {added} lines added, {removed} removed.")
    return 0


def diff_lines(
    path: str, old: bytes | None, new: bytes | None, context: int = 3
) -> list[str]:
    """Return a unified diff of one file; /dev/null stands for no file."""
    if b"\0" in (old or b"") + (new or b""):
        return [f"Binary file {path} differs"]
    return list(
        difflib.unified_diff(
            (old or b"").decode().splitlines(),
            (new or b"").decode().splitlines(),
            "/dev/null" if old is None else f"a/{path}",
            "/dev/null" if new is None else f"b/{path}",
            lineterm="",
            n=context,
        )
    )


def coloured(line: str) -> str:
    """Return a line of a diff in its colour, on a terminal that has colours."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return line
    if line.startswith(("+++", "---")):
        return f"\033[1m{line}\033[0m"
    codes = {"+": "32", "-": "31", "@": "36"}
    return f"\033[{codes[line[0]]}m{line}\033[0m" if line[:1] in codes else line
