"""The copy of a project that a trial works in; the original is only read."""

import os
import shutil
from pathlib import Path

# Nothing that the project needs to run, or too large to copy for a look.
LEFT_OUT = {
    "__pycache__",
    ".git",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    ".venv",
    ".vscode",
    "env",
    "htmlcov",
    "media",
    "node_modules",
    "venv",
}
LARGEST = 50_000_000  # bytes of one file
MOST = 500_000_000  # bytes of all


def copy_project(folder: Path, target: Path) -> list[str]:
    """Copy the project into a folder; return what was left out for its size."""
    too_large, total = [], 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if is_needed(Path(place, name)))
        here = Path(place).relative_to(folder)
        (target / here).mkdir(parents=True, exist_ok=True)
        for name in files:
            source = Path(place, name)
            size = size_of(source)
            if size is None:
                continue
            total += size
            if size > LARGEST or total > MOST:
                total -= size
                too_large.append((here / name).as_posix())
            else:
                copy_file(source, target / here / name)
    return too_large


def is_needed(folder: Path) -> bool:
    """Tell whether a folder is copied. A link could lead anywhere, even back here."""
    if folder.is_symlink() or (folder / "pyvenv.cfg").exists():
        return False
    # A package may be called `env` or `media`.
    return folder.name not in LEFT_OUT or (folder / "__init__.py").exists()


def size_of(file: Path) -> int | None:
    """Return the size of a regular file; None for a pipe, a socket or a dangling link."""
    try:
        return file.stat().st_size if file.is_file() else None
    except OSError:
        return None


def copy_file(source: Path, target: Path) -> None:
    """Copy one file, writable; one that can't be read is as if it weren't there."""
    try:
        shutil.copyfile(source, target)
    except OSError:
        return
