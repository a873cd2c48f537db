"""What each kind of machine needs of the lock, worked out on a machine of another kind.

pip evaluates markers for the machine that it runs on, so it can't tell what another one
needs. Here the lock is evaluated for a system and a Python; then each wheel that is here
says what it requires in turn, and that is evaluated for the same machine.
"""

import email
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import (
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import Version

from course.errors import CourseError
from course.offline_kit import System

# The oldest of each that all packages of the course still support.
MACOS = (13, 0)
GLIBC = (2, 28)

LAST_PATCH = 99


class Pin(NamedTuple):
    """A package in the one version that the lock has for a machine."""

    name: str
    version: Version

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


class Lock:
    """The lines of a requirements.txt that pins everything."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[str, list[Requirement]] = {}
        for line in text.splitlines():
            bare = line.partition("#")[0].strip()
            if bare:
                requirement = Requirement(bare)
                name = canonicalize_name(requirement.name)
                self.lines.setdefault(name, []).append(requirement)

    def pin(self, name: str, environment: dict[str, str]) -> Pin | None:
        """Return the version of a package for a machine, if it has one there."""
        for requirement in self.lines.get(name, []):
            if applies(requirement, environment):
                (pin,) = requirement.specifier
                return Pin(name, Version(pin.version))
        return None


@dataclass(frozen=True)
class Target:
    """A Python on a system: what a kit has packages for."""

    python: str
    system: System

    def __str__(self) -> str:
        return f"Python {self.python} on {self.system.title}"

    def environments(self, lock: Lock) -> Iterator[dict[str, str]]:
        """Yield what markers see there (PEP 508), for each patch release that matters.

        A student may have any patch release, and the lock tells some of them apart.
        """
        named = re.findall(rf"['\"]{re.escape(self.python)}\.(\d+)['\"]", lock.text)
        patches = {0, LAST_PATCH}
        for patch in map(int, named):
            patches |= {patch, patch + 1}
        for patch in sorted(patches):
            yield self.environment(patch)

    def environment(self, patch: int) -> dict[str, str]:
        """Return what markers see on one of these machines."""
        names = {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}
        full = f"{self.python}.{patch}"
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "platform_python_implementation": "CPython",
            "python_version": self.python,
            "python_full_version": full,
            "sys_platform": self.system.sys_platform,
            "platform_system": names[self.system.sys_platform],
            "platform_machine": self.system.machine,
            "platform_release": "",
            "platform_version": "",
            "os_name": "nt" if self.system.family == "windows" else "posix",
            "extra": "",
        }

    @cached_property
    def platforms(self) -> list[str]:
        """The platforms of the wheels that fit, the best first."""
        if self.system.family == "windows":
            return ["win_amd64"]
        if self.system.family == "macos":
            return list(tags.mac_platforms(MACOS, self.system.machine))
        machine = self.system.machine
        major, newest = GLIBC
        modern = [f"manylinux_{major}_{minor}" for minor in range(newest, 4, -1)]
        old = {"manylinux_2_17": "manylinux2014", "manylinux_2_12": "manylinux2010"}
        old["manylinux_2_5"] = "manylinux1"
        names = [name for one in modern for name in (one, old.get(one)) if name]
        return [f"{name}_{machine}" for name in [*names, "linux"]]

    @cached_property
    def ranks(self) -> dict[tags.Tag, int]:
        """The tags of the wheels that fit, each with its rank: the lower the better."""
        version = tuple(map(int, self.python.split(".")))
        name = f"cp{version[0]}{version[1]}"
        found = [
            *tags.cpython_tags(version, [name], self.platforms),
            *tags.compatible_tags(version, name, self.platforms),
        ]
        return {tag: rank for rank, tag in enumerate(found)}

    def pip_options(self) -> list[str]:
        """Return what makes pip choose wheels for this machine."""
        options = ["--implementation", "cp", "--python-version", self.python]
        # pip knows by itself which older versions of macOS a Mac includes.
        is_mac = self.system.family == "macos"
        for platform in self.platforms[:1] if is_mac else self.platforms:
            options += ["--platform", platform]
        return options


class Wheels:
    """The wheels in a folder: which fits a machine, and what it requires."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[Pin, dict[str, frozenset[tags.Tag]]] = {}
        self.read: dict[str, list[Requirement]] = {}
        for path in sorted(folder.glob("[!.]*.whl")):
            self.add(path.name)

    def add(self, name: str) -> None:
        """Count a wheel in, unless its name is none that a wheel has."""
        try:
            project, version, _, fits = parse_wheel_filename(name)
        except InvalidWheelFilename:
            return
        self.names.setdefault(Pin(project, version), {})[name] = fits

    def best(self, pin: Pin, target: Target) -> str | None:
        """Return the wheel of a package that pip would choose on a machine."""
        ranked = [
            (min(target.ranks[tag] for tag in fits & target.ranks.keys()), name)
            for name, fits in self.names.get(pin, {}).items()
            if fits & target.ranks.keys()
        ]
        return min(ranked)[1] if ranked else None

    def requirements(self, name: str) -> list[Requirement]:
        """Return what a wheel says that it requires, on any machine."""
        if name not in self.read:
            with zipfile.ZipFile(self.folder / name) as wheel:
                (about,) = (
                    entry
                    for entry in wheel.namelist()
                    if re.fullmatch(r"[^/]+\.dist-info/METADATA", entry)
                )
                message = email.message_from_bytes(wheel.read(about))
            lines = message.get_all("Requires-Dist") or []
            self.read[name] = [Requirement(str(line)) for line in lines]
        return self.read[name]


def applies(
    requirement: Requirement, environment: dict[str, str], extras: Iterable[str] = ()
) -> bool:
    """Tell whether a machine needs a requirement, of a package with these extras."""
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate(environment | {"extra": extra})
        for extra in [*extras] or [""]
    )


def resolve(
    target: Target, wanted: Iterable[str], lock: Lock, wheels: Wheels
) -> tuple[dict[Pin, str], set[Pin]]:
    """Return what a machine needs: the wheels that are here, and what is missing.

    What a missing wheel requires is not known, so get it and ask again until nothing is
    missing.
    """
    found: dict[Pin, str] = {}
    missing: set[Pin] = set()
    for environment in target.environments(lock):
        todo: list[tuple[Requirement, Iterable[str]]]
        todo = [(Requirement(line), ()) for line in wanted]
        seen = set()
        while todo:
            requirement, extras = todo.pop()
            name = canonicalize_name(requirement.name)
            asked = (name, frozenset(requirement.extras))
            if asked in seen or not applies(requirement, environment, extras):
                continue
            seen.add(asked)
            pin = lock.pin(name, environment)
            if pin is None:
                raise CourseError(
                    f"requirements.txt has no version of {name}, which {target} needs."
                )
            wheel = wheels.best(pin, target)
            if wheel is None:
                missing.add(pin)
                continue
            found[pin] = wheel
            needs = wheels.requirements(wheel)
            todo += [(one, requirement.extras) for one in needs]
    return found, missing
