"""An offline kit, as a student's machine reads it: `course run --from FOLDER`.

`course class pack` makes one. A bare Python must be able to read it, so this module needs
nothing that would have to be installed first.
"""

import hashlib
import json
import platform
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError

MANIFEST = "manifest.json"
WHEELS = "wheels"
FORMAT = 1  # of the manifest
PACK = "python3 -m course class pack"
PACK_AGAIN = f"Pack it again ({PACK} FOLDER), or copy it again."


@dataclass(frozen=True)
class System:
    """A kind of machine that a kit can have packages for."""

    name: str  # as `--for` takes it
    title: str
    family: str
    sys_platform: str
    machine: str  # what `platform.machine()` says there


SYSTEMS = [
    System("windows", "Windows x86-64", "windows", "win32", "AMD64"),
    System("macos-arm64", "macOS on Apple silicon", "macos", "darwin", "arm64"),
    System("macos-x86-64", "macOS on Intel", "macos", "darwin", "x86_64"),
    System("linux-x86-64", "Linux x86-64", "linux", "linux", "x86_64"),
    System("linux-arm64", "Linux arm64", "linux", "linux", "aarch64"),
]


@dataclass(frozen=True)
class Here:
    """This machine: its system, if a kit can serve it, and its Python."""

    system: System | None
    python: str
    program: str = sys.executable

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        return self.system.title if self.system else unknown_system()


def this_machine() -> Here:
    """Return which wheels would fit this Python."""
    python = ".".join(map(str, sys.version_info[:2]))
    if is_unusual():
        return Here(None, python)
    # The same processor has different names; a 64-bit Windows may run a 32-bit Python.
    machine = platform.machine()
    if sys.platform == "win32":
        machine = {"win-amd64": "AMD64"}.get(sysconfig.get_platform(), "")
    for system in SYSTEMS:
        if (system.sys_platform, system.machine) == (sys.platform, machine):
            return Here(system, python)
    return Here(None, python)


def is_unusual() -> bool:
    """Tell whether this Python takes other wheels than python.org's do."""
    return (
        sys.implementation.name != "cpython"
        or sys.maxsize < 2**32
        or bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
        or (sys.platform == "linux" and platform.libc_ver()[0] not in ("glibc", ""))
    )


def unknown_system() -> str:
    """Name a system that no kit has packages for."""
    kind = platform.python_implementation()
    return f"{platform.system()} ({sysconfig.get_platform()}, {kind})"


@dataclass(frozen=True)
class Kit:
    """A kit that has a readable manifest."""

    folder: Path
    contents: dict

    @property
    def wheels(self) -> Path:
        """The folder that pip looks into."""
        return self.folder / WHEELS

    @property
    def groups(self) -> list[str]:
        """The dependency groups that it has everything for."""
        return self.contents["groups"]

    def wheels_for(self, here: Here) -> list[str]:
        """Return the wheels for a machine; raise CourseError if it has none."""
        for target in self.contents["targets"]:
            if here.system and target["system"] == here.system.name:
                if target["python"] == here.python:
                    return target["wheels"]
        raise CourseError(self.why_not_for(here))

    def why_not_for(self, here: Here) -> str:
        """Say which combination is missing, and which are there."""
        by_system: dict[str, list[str]] = {}
        for target in self.contents["targets"]:
            by_system.setdefault(target["system"], []).append(target["python"])
        if here.system and here.system.name in by_system:
            pythons = by_system[here.system.name]
            return (
                f"The kit in {self.folder} has wheels for Python {listed(pythons)} on"
                f" {here.title}; this is Python {here.python} ({here.program}).\n"
                "Use one of those Pythons, or connect to the internet and leave out --from."
            )
        has = listed([system.title for system in SYSTEMS if system.name in by_system])
        return (
            f"The kit in {self.folder} has wheels for {has}; this is {here.title}, with"
            f" Python {here.python} ({here.program}).\n"
            "Connect to the internet and leave out --from, or pack a kit for this system:"
            f" {PACK} FOLDER"
        )

    def verify(self, wheels: Iterable[str]) -> None:
        """Raise CourseError unless these wheels are as they were when they were packed."""
        known = self.contents["files"]
        for name in wheels:
            path = self.wheels / name
            try:
                is_whole = sha256(path) == known[f"{WHEELS}/{name}"]["sha256"]
            except FileNotFoundError:
                raise CourseError(
                    f"The kit in {self.folder} is not complete: {path} is missing.\n"
                    f"{PACK_AGAIN}"
                ) from None
            except OSError as problem:
                raise CourseError(
                    f"{path} cannot be read: {problem.strerror}.\n{PACK_AGAIN}"
                ) from None
            if not is_whole:
                raise CourseError(
                    f"{path} is damaged: its checksum is not the one in {MANIFEST}.\n"
                    f"{PACK_AGAIN}"
                )
        self.refuse_strangers()

    def refuse_strangers(self) -> None:
        """Raise CourseError if pip would find a wheel that nobody has listed."""
        known = self.contents["files"]
        for path in sorted(self.wheels.glob("[!.]*.whl")):
            if f"{WHEELS}/{path.name}" not in known:
                raise CourseError(
                    f"The kit in {self.folder} is not complete: {MANIFEST} does not list"
                    f" {path.name}.\n{PACK_AGAIN}"
                )


def open_kit(folder: Path) -> Kit:
    """Return the kit in a folder; raise CourseError if there is none."""
    path = folder / MANIFEST
    try:
        contents = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        unfinished = (folder / WHEELS).is_dir()
        raise CourseError(
            f"The kit in {folder} was never finished: it has no {MANIFEST}.\n{PACK_AGAIN}"
            if unfinished
            else f"There is no offline kit in {folder}: it has no {MANIFEST}.\n"
            "Name the folder that holds README.txt and wheels."
        ) from None
    except OSError as problem:
        raise CourseError(f"{path} cannot be read: {problem.strerror}.") from None
    except ValueError:  # no JSON, or no UTF-8
        raise CourseError(f"{path} is damaged.\n{PACK_AGAIN}") from None
    if not is_ours(contents):
        raise CourseError(
            f"{path} is not the manifest of a kit that this version of the course can"
            f" read.\n{PACK_AGAIN}"
        )
    return Kit(folder.resolve(), contents)


def is_ours(contents: object) -> bool:
    """Tell whether this is a manifest that we can read."""
    return (
        isinstance(contents, dict)
        and contents.get("format") == FORMAT
        and {"groups", "targets", "files", "lock"} <= contents.keys()
    )


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_lock(lock: Path) -> str:
    """Return the checksum of a lock, whatever ends its lines."""
    return hashlib.sha256(lock.read_text("utf-8").encode()).hexdigest()


def listed(words: list[str], last_but: str = "and") -> str:
    """Return `3.11`, `3.11 and 3.13` or `3.11, 3.12 and 3.13`; or with another word."""
    *others, last = words or ["nothing"]
    return f"{', '.join(others)} {last_but} {last}" if others else last
