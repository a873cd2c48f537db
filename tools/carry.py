"""`tools carry`: take a fix from the step where it was made into the later steps."""

import subprocess
import tempfile
from pathlib import Path

from course.errors import CourseError
from course.steps import ROOT, STEPS, Step, load_steps


def carry(name: str) -> int:
    """Carry the change of one file, since the last commit, into the later steps.

    Where a later step had the same file it gets the new one; where it differed, the
    change is merged into it. A conflict is reported and left for you to resolve.
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
        f"{name} is not a file of a step. Name one by its path: {example.as_posix()}"
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
