"""Finding a student's files and reading them; what cannot be read is a finding."""

import ast
import contextlib
import os
import re
import stat
from pathlib import Path

from channels_doctor.advice import say
from channels_doctor.edits import Source
from channels_doctor.finding import Finding, Note
from channels_doctor.pages_code import (
    LIBRARIES,
    PAGE_TESTS,
    PAGES,
    is_library,
    without_comments,
)
from channels_doctor.python_code import parse
from channels_doctor.requirements import RequirementsFile, reader_of
from channels_doctor.requirements.pip_files import read_pip_file
from channels_doctor.syntax import trouble_with
from channels_doctor.walking import MOST_BYTES, Listing, walk

# Folders that hold nothing of the student's own; those that begin with a dot, too.
SKIPPED = {
    "__pycache__",
    "bower_components",
    "migrations",
    "node_modules",
    "site-packages",
    "staticfiles",
    "vendor",
    "venv",
}
BUILT = {"build", "coverage", "dist", "htmlcov", "out"}  # unless it's a package
LARGEST = 1_000_000  # bytes; what is larger was not written by hand

# Kinds of files, by their names.
README = r"(^|/)readme[^/]*$"
NOTES = rf"{README}|(^|/)(dockerfile[^/]*|procfile)$"
COMPOSE = r"(^|/)(docker-)?compose[^/]*\.ya?ml$"
STARTS = (  # what starts the project, or stands in front of it
    r"(^|/)(procfile\.\w+|[^/]*\.dockerfile|containerfile|[^/]+\.(sh|service|conf|ini)"
    r"|[^/]+\.conf\.(template|tpl|j2)|(nginx|sites-(available|enabled)|conf\.d)/[^/.]+"
    r"|package\.json|makefile|render\.ya?ml|(fly|railway|nixpacks)[^/]*\.(toml|json)|[^/]*\.env(\.\w+)?)$"
)
TESTS = r"(^|/)(tests?/|test_[^/]*\.py$|tests\.py$|conftest\.py$)"

# What stands in a compose file that brings its own Redis.
REDIS_IMAGE = r"image:.*(redis|valkey)"


def is_a(kind: str, file: str) -> bool:
    """Tell whether a file is of a kind, by its name."""
    return bool(re.search(kind, file, re.IGNORECASE))


def files_below(folder: Path) -> Listing:
    """Return every file of the student's own, and notes about what was left out."""
    return walk(folder, is_students_own)


def is_test_of_a_page(file: str) -> bool:
    """Tell a page or a script that only tests use."""
    return is_a(PAGES, file) and is_a(PAGE_TESTS, file)


def is_students_own(folder: Path) -> bool:
    """Tell a folder that was written from one that a tool made or filled."""
    is_hidden = folder.name.startswith(".")
    is_environment = os.path.exists(folder / "pyvenv.cfg")
    is_built = folder.name in BUILT and not os.path.exists(folder / "__init__.py")
    return not (is_hidden or is_environment or is_built or folder.name in SKIPPED)


class Contents:
    """What stands in the files of a project: code, texts, needs, and troubles."""

    def __init__(self, folder: Path, files: list[str]) -> None:
        self.trees: dict[str, ast.Module] = {}
        self.sources: dict[str, Source] = {}  # as they are in the file
        self.texts: dict[str, str] = {}  # of pages, without comments, and of notes
        self.requirements: list[RequirementsFile] = []
        self.troubles: list[Finding] = []  # what could not be read
        self.notes: list[Note] = []  # what isn't known, and is no fault
        self.size = 0  # of all that was read, in bytes
        for file in files:
            if not is_a(LIBRARIES, file) and not is_test_of_a_page(file):
                self.read(folder, file)
        self.read_included(folder, set(files))

    def read(self, folder: Path, file: str) -> None:
        """Read one file in the way of its kind; any other kind is not opened."""
        if is_a(r"\.py$", file):
            read = self.read_python
        elif is_a(f"{PAGES}|{NOTES}|{COMPOSE}|{STARTS}", file):
            read = self.read_text
        elif reader_of(file):
            read = self.read_requirements
        else:
            return
        data = self.bytes_of(folder, file)
        if data is not None:
            self.sources[file] = Source(file, text_of(data))
            read(file, data)
            if read != self.read_requirements and (reader := reader_of(file)):
                self.requirements += filter(None, [reader(file, text_of(data))])

    def bytes_of(self, folder: Path, file: str) -> bytes | None:
        """Return what a file holds; None if it can't or needn't be read."""
        if self.size > MOST_BYTES:
            return None
        try:
            data = bytes_of(folder / file)
        except OSError as error:
            reason = error.strerror or "it can't be opened"
            self.notes.append(Note(file, f"The file wasn't read: {reason}."))
            return None
        self.size += len(data or b"")
        if self.size > MOST_BYTES:
            most = f"{MOST_BYTES // 1_000_000} MB"
            text = (
                f"The files hold more than {most}; those after this one weren't read."
            )
            self.notes.append(Note(file, text))
        return data

    def read_python(self, file: str, data: bytes) -> None:
        """Parse a module."""
        try:
            if b"coding" not in b"".join(data.splitlines()[:2]):
                data.decode()
            self.trees[file] = parse(file, data)
        except UnicodeDecodeError as error:
            self.troubles.append(not_utf8(file, data, error))
        except SyntaxError as error:
            trouble = trouble_with(self.sources[file], error)
            self.troubles += filter(None, [trouble.finding])
            self.notes += filter(None, [trouble.note])
        except (ValueError, RecursionError, MemoryError) as error:
            reason = str(error) or "it is nested too deeply"
            self.troubles.append(
                say(
                    "not-python",
                    file,
                    error=reason,
                    advice="Correct it, or delete the file.",
                )
            )

    def read_requirements(self, file: str, data: bytes) -> None:
        """Read what a file asks for, in whatever encoding PowerShell chose for it."""
        encoding = "utf-8-sig"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = "utf-16"
            self.troubles.append(say("requirements-utf16", file))
        elif b"\0" in data:
            start = repr(data[:12].decode("latin-1"))[1:-1]
            self.troubles.append(say("requirements-nul", file, start=start))
        text = data.decode(encoding, "replace").replace("\0", "")
        if read := (reader_of(file) or read_pip_file)(file, text):
            self.requirements.append(read)

    def read_included(self, folder: Path, files: set[str]) -> None:
        """Read the files that `-r` names, and whose own names don't tell what they are."""
        for one in self.requirements:  # it grows while we go through it
            for name, _ in one.includes:
                known = {read.file for read in self.requirements}
                data = self.bytes_of(folder, name) if name in files - known else None
                if data is not None:
                    self.sources[name] = Source(name, text_of(data))
                    self.read_requirements(name, data)

    def read_text(self, file: str, data: bytes) -> None:
        """Keep a page or a note as text. Only a template must be UTF-8 to work."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            text = data.decode("utf-8-sig", "replace")
            if file.endswith(".html"):
                self.troubles.append(not_utf8(file, data, error))
        if not is_a(PAGES, file):
            self.texts[file] = text
        elif not is_library(file, text):
            with contextlib.suppress(
                RecursionError
            ):  # nobody nests templates so deeply
                self.texts[file] = without_comments(file, text)


def text_of(data: bytes) -> str:
    """Return a file's text with its own line endings, without a byte order mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def bytes_of(path: Path) -> bytes | None:
    """Return what a file holds; nothing of a huge one, None of what is no file.

    Raises OSError if there is a file that can't be read.
    """
    try:
        state = path.stat()
    except (OSError, ValueError):  # a link that leads nowhere, or in a circle
        return None
    if not stat.S_ISREG(state.st_mode):  # a pipe, say, would never end
        return None
    return path.read_bytes() if state.st_size < LARGEST else b""


def not_utf8(file: str, data: bytes, error: UnicodeDecodeError) -> Finding:
    """Return the finding for the first byte that is not UTF-8."""
    line = data.count(b"\n", 0, error.start) + 1
    return say("not-utf8", f"{file}:{line}", byte=hex(data[error.start]))
