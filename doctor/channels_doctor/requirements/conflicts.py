"""Which of a project's packages can't be installed together, and what could be."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from channels_doctor.requirements.facts import EXTRAS, rows_for
from channels_doctor.requirements.need import Need, read_need


class Conflict(NamedTuple):
    """One line asks for versions that another line, or what it brings, shuts out."""

    need: Need  # the line that is older, as a rule: the one to change
    other: Need
    asked: Need  # the line that asks for what the other one shuts out
    why: str  # "channels-redis 2.4.2 depends on channels~=2.2", as pip says it


def conflicts_in(needs: list[Need]) -> Iterator[Conflict]:
    """Yield each pair of lines that pip can't fulfil together."""
    by_name: dict[str, list[Need]] = {}
    for need in needs:
        if need.is_for_python("3.12") and not need.is_optional:
            by_name.setdefault(need.name, []).append(need)
    for same in by_name.values():
        yield from doubles_in(same)
    for need in [one for same in by_name.values() for one in same]:
        yield from conflicts_of(need, need, by_name, depth=3)


def doubles_in(needs: list[Need]) -> Iterator[Conflict]:
    """Yield two lines for one package that shut out each other."""
    for position, need in enumerate(needs):
        for other in needs[:position]:
            if other.spec and need.spec and not need.allows_any_of(other.spec):
                yield Conflict(need, other, need, f"one line asks for {other.shown}")
                return


def conflicts_of(
    need: Need, line: Need, by_name: dict[str, list[Need]], depth: int
) -> Iterator[Conflict]:
    """Yield what conflicts with all that a package brings; `line` is what brings it."""
    for name, choices in brought_by(need).items():
        others = [other for other in by_name.get(name, []) if other != line]
        for other in others:
            if other.spec and not any(other.allows_any_of(one.spec) for one in choices):
                why = f"{version_of(need)} depends on {choices[-1].text}"
                yield Conflict(*older_first(line, other, choices[-1]), other, why)
        if not others and depth and len(choices) == 1:
            yield from conflicts_of(choices[0], line, by_name, depth - 1)


def brought_by(need: Need) -> dict[str, list[Need]]:
    """Return what every version that a line allows needs in turn.

    The releases may need different versions: there is one entry for each.
    """
    choices: dict[str, list[Need]] = {}
    rows = rows_for(need.name, need.spec)
    for row in rows:
        for one in needs_of(row.needs):
            mine = choices.setdefault(one.name, [])
            mine.append(one)
    choices = {name: mine for name, mine in choices.items() if len(mine) == len(rows)}
    for extra in need.extras:
        if need.always_from((4,)) and (need.name, extra) in EXTRAS:
            for one in needs_of([EXTRAS[need.name, extra]]):
                choices[one.name] = [one]
    return {name: list(dict.fromkeys(mine)) for name, mine in choices.items()}


def needs_of(texts: Iterable[str]) -> Iterator[Need]:
    """Read what stands in the table of facts."""
    return (need for text in texts if (need := read_need(text, "")))


def version_of(need: Need) -> str:
    """Return how pip names what a line asks for: channels 3.0.5, or channels~=3.0."""
    if need.is_pinned:
        return f"{need.name} {need.spec.lstrip('=')}"
    return need.name + need.spec


def older_first(line: Need, other: Need, brought: Need) -> tuple[Need, Need]:
    """Return two lines, the one that should be changed first.

    If the other one is older than what is needed, it's that one.
    """
    lowest = min(
        (one.version for one in brought.versions if one.operator in ("~=", ">=", "==")),
        default="",
    )
    if lowest and not other.allows_any_of(f">={lowest.removesuffix('.*')}"):
        return other, line
    return line, other
