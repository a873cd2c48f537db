"""Finding the files of a folder: quickly, in bounds, and without following links."""

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from channels_doctor.finding import Note

MOST_FILES = 50_000
MOST_BYTES = 100_000_000  # read in one project


class Listing(NamedTuple):
    """The files of a folder, and what was left out."""

    files: list[str]  # relative to the folder, with "/" on every system
    notes: list[Note]


def walk(folder: Path, is_own: Callable[[Path], bool]) -> Listing:
    """Return every file below a folder, the upper ones first if there are too many.

    It enters no folder that is a link, nor one that isn't the student's own.
    """
    files: list[str] = []
    notes: list[Note] = []
    waiting = deque([""])
    while waiting and len(files) < MOST_FILES:
        place = waiting.popleft()
        try:
            folders, names = entries(folder, place, is_own)
        except OSError as error:
            if not place:
                raise
            reason = error.strerror or "it can't be opened"
            notes.append(Note(place.rstrip("/"), f"The folder wasn't read: {reason}."))
            continue
        waiting.extend(folders)
        files += names
    if len(files) >= MOST_FILES:
        del files[MOST_FILES:]
        text = (
            f"There are more than {MOST_FILES:,} files, and only that many were looked at."
            " Name the folder that contains manage.py."
        )
        notes.append(Note("", text))
    return Listing(sorted(files), notes)


def entries(
    folder: Path, place: str, is_own: Callable[[Path], bool]
) -> tuple[list[str], list[str]]:
    """Return the folders to enter and the files in one place, in order."""
    folders, files = [], []
    with os.scandir(folder / place if place else folder) as found:
        for entry in found:
            if is_folder(entry):
                if is_own(Path(entry.path)):
                    folders.append(f"{place}{entry.name}/")
            elif not is_linked_folder(entry):
                files.append(place + entry.name)
    return sorted(folders), sorted(files)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell a real folder; an entry that vanished meanwhile is none."""
    try:
        return entry.is_dir(follow_symlinks=False) and not is_junction(entry)
    except OSError:
        return False


def is_junction(entry: os.DirEntry[str]) -> bool:
    """Tell Windows' other kind of link; Python 3.11 doesn't know them."""
    return getattr(entry, "is_junction", bool)()


def is_linked_folder(entry: os.DirEntry[str]) -> bool:
    """Tell a link to a folder, or one that leads nowhere, from a file."""
    try:
        return entry.is_dir()
    except OSError:
        return True
