"""All that a project asks for: file by file, together, and what is installed in one go."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from channels_doctor.requirements.need import Need


@dataclass
class RequirementsFile:
    """What one file asks for."""

    file: str
    form: str  # how a need is written in it: see `changes`
    needs: list[Need] = field(default_factory=list)
    includes: list[tuple[str, str]] = field(
        default_factory=list
    )  # file, where it's named
    python: list[Need] = field(default_factory=list)  # which Python it is for
    is_complete: bool = True  # nothing in it that the text doesn't tell
    is_lock: bool = False  # a tool wrote it, from another file

    @property
    def is_freeze(self) -> bool:
        """`pip freeze` wrote it: everything is pinned, also what nobody asked for."""
        names = {need.name for need in self.needs if need.is_pinned}
        return len(names & BROUGHT) >= 2 and len(names) > 0.8 * len(self.needs)


# What Django, Channels and their servers bring along.
BROUGHT = set(
    """
    aioredis asgiref async-timeout attrs autobahn automat cbor2 cffi constantly cryptography
    hiredis hyperlink idna incremental msgpack pyasn1 pyasn1-modules pycparser pyhamcrest
    pyopenssl py-ubjson service-identity setuptools six sqlparse twisted twisted-iocpsupport
    txaio typing-extensions tzdata u-msgpack-python ujson zope-interface
    """.split()
)


class ChannelsVersion:
    """Which Channels a project asks for, as far as its requirements tell."""

    def __init__(self, needs: list[Need]) -> None:
        self.needs = [need for need in needs if need.name == "channels"]
        self.redis = [need for need in needs if need.name == "channels-redis"]

    def below(self, *limit: int) -> bool:
        """Tell whether it is surely older: `below(4)`. False if nothing is pinned."""
        if any(need.always_below(limit) for need in self.needs):
            return True
        # channels-redis 3 goes with Channels 2 and 3 only.
        is_old = any(need.always_below((4,)) for need in self.redis)
        return is_old and not self.needs and limit >= (4,)

    def since(self, *limit: int) -> bool:
        """Tell whether it is surely that version or a newer one."""
        return any(need.always_from(limit) for need in self.needs)


class Requirements:
    """The files of a project that ask for packages."""

    def __init__(self, files: list[RequirementsFile]) -> None:
        self.files = {one.file: one for one in files}

    @cached_property
    def needs(self) -> list[Need]:
        """Everything that is asked for, in whatever file; a README only mentions it."""
        files = [one for one in self.files.values() if one.form != "prose"]
        return [need for one in files for need in one.needs]

    @cached_property
    def mentioned(self) -> list[Need]:
        """What a README tells people to install."""
        files = [one for one in self.files.values() if one.form == "prose"]
        return [need for one in files for need in one.needs]

    @cached_property
    def python(self) -> list[Need]:
        """Every Python that is asked for."""
        return [need for one in self.files.values() for need in one.python]

    @property
    def is_complete(self) -> bool:
        """Nothing is asked for in a way that the text doesn't tell."""
        return all(one.is_complete for one in self.files.values())

    @cached_property
    def channels(self) -> ChannelsVersion:
        """Which Channels is asked for."""
        return ChannelsVersion(self.needs)

    def sets(self) -> Iterator[list[RequirementsFile]]:
        """Yield the files that one command installs together: each with its includes.

        A Dockerfile stands alone: its second `pip install` may replace what the first one
        installed.
        """
        lists = [one for one in self.files.values() if one.form == "pip"]
        included = {name for one in lists for name, _ in one.includes}
        for file, one in self.files.items():
            if file not in included and one.form not in ("prose", "python"):
                yield self.with_includes(one) if one.form == "pip" else [one]

    def with_includes(self, start: RequirementsFile) -> list[RequirementsFile]:
        """Return a file and all that it includes, and that they include."""
        together = [start]
        for one in together:  # it grows while we go through it
            inner = (self.files.get(name) for name, _ in one.includes)
            together += [file for file in inner if file and file not in together]
        return together
