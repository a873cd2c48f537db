"""What the releases of Django, Channels and their servers need, by their own metadata.

Read from the wheels on PyPI in November 2026 (`Requires-Dist` and `Requires-Python` in
METADATA). Releases that need the same stand in one row; where one of them needs a little more
than the others, the row has what all of them need. A version that no row has is unknown.
"""

import re
from typing import NamedTuple

from channels_doctor.requirements.need import Need


class Releases(NamedTuple):
    """Some releases of a package, and what all of them need."""

    versions: str
    python: str  # the oldest Python that they run on
    needs: tuple[str, ...]


FACTS: dict[str, list[Releases]] = {
    "django": [
        Releases(">=3.0,<3.1", "3.6", ("asgiref>=3.2,<4",)),
        Releases(">=3.1,<3.2", "3.6", ("asgiref>=3.2.10,<4",)),
        Releases(">=3.2,<4.0", "3.6", ("asgiref>=3.3.2,<4",)),
        Releases(">=4.0,<4.1", "3.8", ("asgiref>=3.4.1,<4",)),
        Releases(">=4.1,<4.2", "3.8", ("asgiref>=3.5.2,<4",)),
        Releases(">=4.2,<5.0", "3.8", ("asgiref>=3.6,<4", "sqlparse>=0.3.1")),
        Releases(">=5.0,<5.1", "3.10", ("asgiref>=3.7", "sqlparse>=0.3.1")),
        Releases(">=5.1,<5.3", "3.10", ("asgiref>=3.8.1", "sqlparse>=0.3.1")),
        Releases(">=6.0,<6.2", "3.12", ("asgiref>=3.9.1", "sqlparse>=0.5.0")),
    ],
    "channels": [
        Releases(">=2.0,<2.2", "3.5", ("django>=1.11", "asgiref~=2.1", "daphne~=2.0")),
        Releases(">=2.2,<2.4", "3.5", ("django>=1.11", "asgiref~=3.0", "daphne~=2.3")),
        Releases(">=2.4,<3.0", "3.5", ("django>=2.2", "asgiref~=3.2", "daphne~=2.3")),
        Releases(
            ">=3.0,<3.0.4", "3.6", ("django>=2.2", "asgiref>=3.2.10,<4", "daphne>=3,<4")
        ),
        Releases(
            ">=3.0.4,<4.0", "3.6", ("django>=2.2", "asgiref>=3.3.1,<4", "daphne>=3,<4")
        ),
        Releases(">=4.0,<4.1", "3.7", ("django>=3.2", "asgiref>=3.5,<4")),
        Releases(">=4.1,<4.3", "3.8", ("django>=4.2", "asgiref>=3.6,<4")),
        Releases(">=4.3,<4.4", "3.9", ("django>=4.2", "asgiref>=3.9,<4")),
    ],
    "channels-redis": [
        Releases(
            ">=2.3.3,<2.4",
            "3.6",
            ("channels~=2.0", "aioredis~=1.0", "msgpack~=0.6.0", "asgiref~=2.1"),
        ),
        Releases(
            ">=2.4.2,<3.0",
            "3.6",
            ("channels~=2.2", "aioredis~=1.0", "msgpack~=0.6.0", "asgiref~=3.0"),
        ),
        Releases(
            ">=3.0,<3.2",
            "3.6",
            ("channels~=2.2", "aioredis~=1.0", "msgpack~=1.0", "asgiref~=3.0"),
        ),
        Releases(
            ">=3.2,<4.0",
            "3.6",
            ("channels<4", "aioredis~=1.0", "msgpack~=1.0", "asgiref>=3.2.10,<4"),
        ),
        Releases(
            ">=4.0,<4.1",
            "3.7",
            ("channels", "redis>=4.2", "msgpack~=1.0", "asgiref>=3.2.10,<4"),
        ),
        Releases(
            ">=4.1,<4.2",
            "3.7",
            ("channels", "redis>=4.5.3", "msgpack~=1.0", "asgiref>=3.2.10,<4"),
        ),
        Releases(
            ">=4.2,<4.3",
            "3.8",
            ("channels", "redis>=4.6", "msgpack~=1.0", "asgiref>=3.2.10,<4"),
        ),
        Releases(
            ">=4.3,<4.4",
            "3.9",
            ("channels>=4.2.2", "redis>=4.6", "msgpack~=1.0", "asgiref>=3.9.1,<4"),
        ),
    ],
    "daphne": [
        Releases(">=2.3,<2.5", "3.5", ("twisted>=18.7", "asgiref~=3.0")),
        Releases(">=2.5,<3.0", "3.5", ("twisted>=18.7", "asgiref~=3.2")),
        Releases(">=3.0,<4.0", "3.6", ("twisted>=18.7", "asgiref>=3.2.10,<4")),
        Releases(
            ">=4.0,<4.1",
            "3.7",
            ("twisted>=22.4", "autobahn>=22.4.2", "asgiref>=3.5.2,<4"),
        ),
        Releases(
            ">=4.1,<4.2",
            "3.8",
            ("twisted>=22.4", "autobahn>=22.4.2", "asgiref>=3.5.2,<4"),
        ),
        Releases(
            ">=4.2,<4.3",
            "3.9",
            ("twisted>=22.4", "autobahn>=22.4.2", "asgiref>=3.5.2,<4"),
        ),
    ],
}

# What an extra adds.
EXTRAS = {("channels", "daphne"): "daphne>=4.0.0"}


def rows_for(name: str, spec: str) -> list[Releases]:
    """Return the rows that have a version which the specifier allows.

    No rows if it allows a version older than all of them, or if the package is not here.
    Versions newer than all of them need at least what the newest one needs.
    """
    need = Need(name, spec, "")
    rows = FACTS.get(name)
    if rows is None or not spec:
        return []
    first = rows[0].versions.split(",")[0].lstrip(">=")
    last = rows[-1].versions.split("<")[-1]
    if need.allows_any_of(f"<{first}"):
        return []
    found = [row for row in rows if need.allows_any_of(row.versions)]
    if need.allows_any_of(f">={last}"):
        needs = tuple(re.sub(r",<[\d.]+$", "", one) for one in rows[-1].needs)
        found.append(Releases(f">={last}", rows[-1].python, needs))
    return found
