"""Writing changed files: encoding, line endings and modes stay, and nothing is half done."""

import codecs
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from channels_doctor.reading import text_of
from channels_doctor.terminal import safe

# The longest first: UTF-16's own mark is no beginning of UTF-8's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"", "utf-8"),
)


class CannotChange(Exception):
    """Why a file can't be changed, in a sentence."""


def change(folder: Path, texts: Mapping[str, str], changed: Mapping[str, str]) -> None:
    """Write the new texts, once it is clear that every one of them can be written."""
    ready = [(place_of(folder, file), file, new) for file, new in changed.items()]
    prepared = [
        (path, encoded(path, file, texts.get(file), new)) for path, file, new in ready
    ]
    for path, data in prepared:
        write(path, data)


def place_of(folder: Path, file: str) -> Path:
    """Return where a file really is; it must be inside the folder and writable."""
    path = (folder / file).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise CannotChange(f"{safe(file)} leads out of the folder.")
    if path.exists() and not path.stat().st_mode & stat.S_IWUSR:
        raise CannotChange(f"{safe(file)} is read-only.")
    return path


def encoded(path: Path, file: str, old: str | None, new: str) -> bytes:
    """Return the new bytes of a file, in the encoding that it has."""
    try:
        data = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise CannotChange(f"{safe(file)} can't be read: {error.strerror}.") from error
    if (None if data is None else text_of(data)) != old:
        raise CannotChange(f"{safe(file)} has changed since it was read.")
    mark, encoding = next(one for one in MARKS if (data or b"").startswith(one[0]))
    try:
        if data is not None:
            data[len(mark) :].decode(encoding)
        return mark + new.encode(encoding)
    except UnicodeError as error:
        raise CannotChange(
            f"{safe(file)} isn't in UTF-8; save it as UTF-8 first."
        ) from error


def write(path: Path, data: bytes) -> None:
    """Put a new file in the place of the old one, in one go."""
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".doctor-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if path.exists():
            shutil.copymode(path, temporary)
        else:
            os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise CannotChange(
            f"{safe(path.name)} can't be written: {error.strerror}."
        ) from error
