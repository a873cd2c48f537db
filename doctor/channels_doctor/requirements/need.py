"""One package that a project asks for, and the versions that it allows."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from channels_doctor._vendor.packaging.markers import InvalidMarker, Marker
from channels_doctor._vendor.packaging.requirements import (
    InvalidRequirement,
    Requirement,
)
from channels_doctor._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

Version = tuple[int, ...]


@dataclass(frozen=True)
class Need:
    """One package that the project asks for."""

    name: str  # as PyPI spells it: lower case, with hyphens
    spec: str  # "~=4.3,!=4.3.1"
    where: str  # "requirements.txt:3"
    marker: str = ""  # what stands after the semicolon
    extras: tuple[str, ...] = ()
    text: str = ""  # as it stands in the file
    is_from_lock: bool = (
        False  # a tool chose this version, for a need that stands elsewhere
    )
    is_optional: bool = False  # in an extra or a group that need not be installed
    is_from_conda: bool = False  # the name is conda's; PyPI may know it by another
    error: str = field(default="", compare=False)  # what pip says, if it can't read it

    @property
    def file(self) -> str:
        """The file, without the line."""
        return self.where.rpartition(":")[0] or self.where

    @property
    def line_number(self) -> int:
        """The line, counted from 1; 0 if only the file is known."""
        last = self.where.rpartition(":")[2]
        return int(last) if ":" in self.where and last.isdigit() else 0

    @cached_property
    def versions(self) -> SpecifierSet:
        """The versions that it allows."""
        try:
            return SpecifierSet(self.spec, prereleases=True)
        except InvalidSpecifier:
            return SpecifierSet(prereleases=True)

    @property
    def shown(self) -> str:
        """What it asks for, as pip would write it: "channels~=4.3"."""
        return self.text if re.match(r"[A-Za-z]", self.text) else self.name + self.spec

    @property
    def is_pinned(self) -> bool:
        """It allows one version only."""
        return bool(re.fullmatch(r"={2,3}\s*[\w.!+]+", self.spec))

    def allows_any_of(self, spec: str) -> bool:
        """Tell whether a version is allowed here that a specifier allows, too."""
        both = self.versions & SpecifierSet(spec, prereleases=True)
        return not both.is_unsatisfiable()

    def always_below(self, limit: Version) -> bool:
        """No version that the line allows is as new as the limit."""
        return bool(self.spec) and not self.allows_any_of(f">={dotted(limit)}")

    def always_from(self, limit: Version) -> bool:
        """No version that the line allows is older than the limit."""
        return bool(self.spec) and not self.allows_any_of(f"<{dotted(limit)}")

    def is_for_python(self, version: str) -> bool:
        """Tell whether the marker lets it be installed on this Python, on Linux."""
        if not self.marker:
            return True
        machine = {
            "sys_platform": "linux",
            "os_name": "posix",
            "platform_system": "Linux",
        }
        machine |= {"python_version": version, "python_full_version": f"{version}.0"}
        try:
            return Marker(self.marker).evaluate({**machine, "extra": ""})
        except (InvalidMarker, KeyError):
            return True


def dotted(version: Version) -> str:
    """Return (4, 3) as "4.3"."""
    return ".".join(map(str, version))


def canonical(name: str) -> str:
    """Return a package's name as PyPI spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_need(line: str, where: str, is_from_lock: bool = False) -> Need | None:
    """Read a line such as `channels[daphne]~=4.3; python_version > "3.10"`.

    None for a line that names no package: empty, an option, a bare URL. A line that pip
    can't read has the error, and no versions.
    """
    text = re.sub(r"(^|\s)#.*|\s--[a-z].*|\s*\\\s*$", "", line).strip()
    start = re.match(r"[A-Za-z0-9][\w.-]*", text)
    if start is None or re.match(r"[\w+.-]*:|[^\s\[;<=>~!@]*[/\\]", text):
        return None
    try:
        read = Requirement(text)
    except InvalidRequirement as error:
        problem = str(error).splitlines()[0]
        return Need(canonical(start[0]), "", where, text=text, error=problem)
    return Need(
        name=canonical(read.name),
        spec=str(read.specifier),
        where=where,
        marker=str(read.marker or ""),
        extras=tuple(sorted(read.extras)),
        text=text,
        is_from_lock=is_from_lock,
    )
