"""The code of the steps as Git has it: what has changed, and the way back."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from course.compare import LEFT_BEHIND, NOT_OURS
from course.errors import CourseError
from course.steps import ROOT, STEPS, Step

DELETED = "deleted"
# A hook of Git's sets these, and then every `git` works on another repository.
OF_A_HOOK = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"}
WITHOUT_GIT = (
    "Without --code, reset deletes only what was stored: python3 -m course reset"
)


@dataclass(frozen=True)
class ChangedFile:
    """A file of a step that isn't as in the last commit."""

    path: Path
    how: str  # "changed", "new" or "deleted"


def require_history() -> None:
    """Raise CourseError if there is no commit to go back to."""
    if not (ROOT / ".git").exists():
        raise CourseError(
            "This copy of the course has no Git history, because it was downloaded as a"
            " zip file or copied.\nSo --code has nothing to go back to: to get the"
            " original code, unpack the zip file again, into another folder.\n"
            + WITHOUT_GIT
        )
    if shutil.which("git") is None:
        raise CourseError(
            "--code needs Git, and this machine has no program `git`. Install it from"
            f" https://git-scm.com, open a new terminal, and try again.\n{WITHOUT_GIT}"
        )
    git("rev-parse", "--verify", "--quiet", "HEAD")


def described() -> str:
    """Return which commit the last one is, such as `1a2b3c4 "My first change"`."""
    name, _, subject = git("log", "-1", "--format=%h %s").strip().partition(" ")
    return f'{name} "{subject}"'


def changed_files(steps: list[Step]) -> list[ChangedFile]:
    """Return the files of these steps that aren't as in the last commit."""
    options = ["--porcelain", "-z", "--untracked-files=all"]
    # A renamed file would be one entry with two paths.
    printed = git("-c", "status.renames=false", "status", *options, "--", *paths(steps))
    found = []
    for entry in filter(None, printed.split("\0")):
        state, path = entry[:2], ROOT / entry[3:]
        is_code = LEFT_BEHIND.isdisjoint(path.parts) and path.suffix not in NOT_OURS
        # A folder is a repository of its own, such as another clone: not ours to undo.
        if is_code and not entry.endswith("/"):
            how = "new" if state == "??" or "A" in state else "changed"
            found.append(ChangedFile(path, how if path.exists() else DELETED))
    return found


def put_aside(files: list[ChangedFile], work: Path) -> Path | None:
    """Copy files into a new folder in `work`, and return it; None if none can be lost."""
    kept = [file.path for file in files if file.how != DELETED]
    if not kept:
        return None
    name = f"before-reset-{time.strftime('%Y%m%d-%H%M%S')}"
    folder, number = work / name, 1
    while folder.exists():
        number += 1
        folder = work / f"{name}-{number}"
    for path in kept:
        copy = folder / path.relative_to(STEPS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy, follow_symlinks=False)
    return folder


def restore(steps: list[Step], files: list[ChangedFile]) -> None:
    """Put the code of these steps back to the last commit; `files` is what has changed."""
    for step in steps:
        git("reset", "--quiet", "HEAD", "--", *paths([step]))
        git("checkout", "--quiet", "HEAD", "--", *paths([step]))
    committed = set(
        git("ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *paths(steps)).split(
            "\0"
        )
    )
    for file in files:
        if file.path.relative_to(ROOT).as_posix() not in committed:
            file.path.unlink(missing_ok=True)
            remove_empty(file.path.parent)


def remove_empty(folder: Path) -> None:
    """Remove a folder if nothing is left in it, and then the one around it."""
    while folder.parent != STEPS and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def paths(steps: list[Step]) -> list[str]:
    """Return the folders of the steps as Git names them."""
    return [step.path.relative_to(ROOT).as_posix() for step in steps]


def git(*words: str) -> str:
    """Run Git in the clone and return what it prints; raise CourseError if it fails."""
    result = subprocess.run(
        ["git", *words],
        cwd=ROOT,
        env={name: os.environ[name] for name in os.environ.keys() - OF_A_HOOK},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
    )
    if result.returncode:
        said = result.stderr.strip() or "This repository has no commit yet."
        raise CourseError(f"Git failed at `git {words[0]}`, and says:\n{said}")
    return result.stdout
