"""Reading one line of a requirements file: the package and the versions it allows."""

import re
from dataclasses import dataclass

Version = tuple[int, ...]


@dataclass(frozen=True)
class Need:
    """One package that the project asks for."""

    name: str
    clauses: list[tuple[str, Version]]  # ">=4.2" is (">=", (4, 2))
    marker: str  # what stands after the semicolon
    where: str

    def always_below(self, limit: Version) -> bool:
        """No version that the line allows is as new as the limit."""
        for sign, version in self.clauses:
            if sign in ("==", "===", "<=") and version < limit:
                return True
            if sign == "<" and version <= limit:
                return True
            if sign == "~=" and next_after_compatible(version) <= limit:
                return True
        return False

    def always_from(self, limit: Version) -> bool:
        """No version that the line allows is older than the limit."""
        return any(
            sign in ("==", "===", "~=", ">=", ">") and version >= limit
            for sign, version in self.clauses
        )


def next_after_compatible(version: Version) -> Version:
    """Return the first version that `~=` shuts out: 5 for ~=4.2, 4.3 for ~=4.2.1."""
    *start, counted = version[:-1] or version
    return (*start, counted + 1)


def read_need(line: str, where: str) -> Need | None:
    """Read a line such as `channels[daphne]~=4.3; python_version > "3.10"`.

    None for a line that names no package of PyPI: empty, an option, an address.
    """
    line = re.sub(r"(^|\s)#.*|\s--hash.*|\\$", "", line)
    line, _, marker = line.partition(";")
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*\(?([^@]*)$", line)
    if found is None:
        return None
    name = re.sub(r"[-_.]+", "-", found[1]).lower()
    return Need(name, read_clauses(found[2]), marker.strip(), where)


def read_clauses(text: str) -> list[tuple[str, Version]]:
    """Read `>=4.2, <5` as [(">=", (4, 2)), ("<", (5,))]."""
    clauses = []
    pattern = r"(===|==|~=|<=|>=|<|>)\s*v?(\d[\d.]{,40})(\*?)"
    for sign, digits, star in re.findall(pattern, text):
        version = tuple(int(part) for part in digits.split(".") if part)
        # ==4.2.* is ~=4.2.0
        clauses.append(("~=", (*version, 0)) if star else (sign, version))
    return clauses
