"""Finding a student's files and reading them; what cannot be read is a finding."""

import ast
import contextlib
import os
import re
import tomllib
from pathlib import Path

from channels_doctor.advice import say
from channels_doctor.edits import Source
from channels_doctor.finding import Finding
from channels_doctor.pages_code import (
    LIBRARIES,
    PAGE_TESTS,
    PAGES,
    is_library,
    without_comments,
)
from channels_doctor.python_code import parse
from channels_doctor.requirements import Need, read_need

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
REQUIREMENTS = r"(^|/)requirements([^/]*|/[^/]+)\.txt$"
PYPROJECT = r"(^|/)pyproject\.toml$"
TESTS = r"(^|/)(tests?/|test_[^/]*\.py$|tests\.py$|conftest\.py$)"

# What stands in a compose file that brings its own Redis.
REDIS_IMAGE = r"image:.*(redis|valkey)"


def is_a(kind: str, file: str) -> bool:
    """Tell whether a file is of a kind, by its name."""
    return bool(re.search(kind, file, re.IGNORECASE))


def is_test_of_a_page(file: str) -> bool:
    """Tell a page or a script that only tests use."""
    return is_a(PAGES, file) and is_a(PAGE_TESTS, file)


def files_below(folder: Path) -> list[str]:
    """Return every file of the student's own; folders that are links are not followed.

    The paths are relative to the folder, with "/" on every system.
    """
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if is_students_own(Path(place, name))]
        found += [Path(place, file).relative_to(folder).as_posix() for file in files]
    return sorted(found)


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
        self.needs: list[Need] = []
        self.troubles: list[Finding] = []  # what could not be read
        for file in files:
            if not is_a(LIBRARIES, file) and not is_test_of_a_page(file):
                self.read(folder, file)

    def read(self, folder: Path, file: str) -> None:
        """Read one file in the way of its kind; any other kind is not opened."""
        if is_a(r"\.py$", file):
            read = self.read_python
        elif is_a(REQUIREMENTS, file):
            read = self.read_requirements
        elif is_a(PYPROJECT, file):
            read = self.read_pyproject
        elif is_a(f"{PAGES}|{NOTES}|{COMPOSE}", file):
            read = self.read_text
        else:
            return
        data = bytes_of(folder / file)
        if data is not None:
            self.sources[file] = Source(file, text_of(data))
            read(file, data)

    def read_python(self, file: str, data: bytes) -> None:
        """Parse a module."""
        try:
            if b"coding" not in b"".join(data.splitlines()[:2]):
                data.decode()
            self.trees[file] = parse(file, data)
        except UnicodeDecodeError as error:
            self.troubles.append(not_utf8(file, data, error))
        except SyntaxError as error:
            where = f"{file}:{error.lineno}" if error.lineno else file
            self.troubles.append(say("not-python", where, error=str(error.msg)))
        except (ValueError, RecursionError, MemoryError) as error:
            reason = str(error) or "it is nested too deeply"
            self.troubles.append(say("not-python", file, error=reason))

    def read_requirements(self, file: str, data: bytes) -> None:
        """Read the lines, in whatever encoding PowerShell chose for them."""
        encoding = "utf-8-sig"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = "utf-16"
            self.troubles.append(say("requirements-utf16", file))
        elif b"\0" in data:
            start = repr(data[:12].decode("latin-1"))[1:-1]
            self.troubles.append(say("requirements-nul", file, start=start))
        lines = data.decode(encoding, "replace").replace("\0", "").splitlines()
        needs = (read_need(line, f"{file}:{n}") for n, line in enumerate(lines, 1))
        self.needs += filter(None, needs)

    def read_pyproject(self, file: str, data: bytes) -> None:
        """Read the dependencies, if there are any; the file is not ours to judge."""
        try:
            project = tomllib.loads(data.decode("utf-8-sig", "replace"))["project"]
            needs = [read_need(str(line), file) for line in project["dependencies"]]
        except (tomllib.TOMLDecodeError, KeyError, TypeError, RecursionError):
            return
        self.needs += filter(None, needs)

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
    """Return what a file holds; None if it is no file that can be read to its end."""
    try:
        if not path.is_file():  # a pipe, say, would never end
            return None
        return path.read_bytes() if path.stat().st_size < LARGEST else b""
    except OSError:
        return None


def not_utf8(file: str, data: bytes, error: UnicodeDecodeError) -> Finding:
    """Return the finding for the first byte that is not UTF-8."""
    line = data.count(b"\n", 0, error.start) + 1
    return say("not-utf8", f"{file}:{line}", byte=hex(data[error.start]))
