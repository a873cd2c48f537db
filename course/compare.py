"""`course diff` and `course carry`: what one step changes, and taking a fix along."""

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from course.errors import CourseError
from course.steps import ROOT, STEPS, Step, load_steps

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
    found = {}
    for path in sorted(step.path.rglob("*")):
        inside = path.relative_to(step.path)
        if LEFT_BEHIND.isdisjoint(inside.parts) and path.suffix not in NOT_OURS:
            if path.is_file():
                found[inside.as_posix()] = path.read_bytes()
    return found


def copy(step: Step, folder: Path) -> Path:
    """Copy the files of a step, and nothing that running it has left behind."""
    for path, content in files_of(step).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


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


def diff_lines(path: str, old: bytes | None, new: bytes | None) -> list[str]:
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


def carry(name: str) -> int:
    """Carry the change of one file, since the last commit, into the later steps.

    Where a later step had the same file it gets the new one; where it differed, the
    change is merged into it. A merge that needs a person is left to one.
    """
    source, path = find_file(name)
    old = committed(source, path)
    new = (source.path / path).read_bytes()
    if old == new:
        raise CourseError(f"{name} has not changed since the last commit.")
    conflicts = 0
    for step in load_steps():
        if step.number > source.number:
            conflicts += not carry_into(step, path, old, new)
    return 1 if conflicts else 0


def carry_into(step: Step, path: str, old: bytes, new: bytes) -> bool:
    """Bring one change into one step; tell whether that went without a person."""
    target = step.path / path
    if not target.exists():
        print(f"{step.number}  has no such file")
    elif target.read_bytes() == new:
        print(f"{step.number}  has it already")
    elif target.read_bytes() == old:
        target.write_bytes(new)
        print(f"{step.number}  copied")
    else:
        merged = merge(target.read_bytes(), old, new)
        if merged is None:
            print(f"{step.number}  CONFLICT: change {target.relative_to(ROOT)} by hand")
            return False
        target.write_bytes(merged)
        print(f"{step.number}  merged")
    return True


def merge(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """Return a three-way merge, or None where the changes collide."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, content in [("ours", ours), ("base", base), ("theirs", theirs)]:
            paths.append(Path(folder, name))
            paths[-1].write_bytes(content)
        command = ["git", "merge-file", "--stdout", *paths]
        result = subprocess.run(command, capture_output=True)
    return result.stdout if result.returncode == 0 else None


def find_file(name: str) -> tuple[Step, str]:
    """Return the step that a file lies in, and the file's path inside the step."""
    full = Path(name).resolve()
    for step in load_steps():
        if full.is_relative_to(step.path) and full.is_file():
            return step, full.relative_to(step.path).as_posix()
    example = STEPS.relative_to(ROOT) / "02-wsgi-vs-asgi" / "chat" / "views.py"
    raise CourseError(
        f"{name} is no file of a step. Name one by its path: {example.as_posix()}"
    )


def committed(step: Step, path: str) -> bytes:
    """Return a file as the last commit has it."""
    place = f"HEAD:steps/{step.folder}/{path}"
    try:
        result = subprocess.run(["git", "show", place], cwd=ROOT, capture_output=True)
    except FileNotFoundError:
        raise CourseError("`carry` needs git, and there is none here.") from None
    if result.returncode:
        raise CourseError(
            f"The last commit has no {path} in step {step.number}, so there is nothing"
            " to compare with. Copy a new file by hand."
        )
    return result.stdout
