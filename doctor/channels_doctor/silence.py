"""`# doctor: off NAME`: a finding that the author of a line knows about and accepts."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from channels_doctor.advice import ADVICE
from channels_doctor.edits import Source
from channels_doctor.finding import Finding, Note

# In the comments of Python, JavaScript, HTML, templates and CSS.
MARK = re.compile(r"(?:#|//|/\*|<!--)[ \t]*doctor:[ \t]*off\b[ \t]*([^\n]*)")
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
END = re.compile(r"\s*(?:-->|#\}|\*/).*")
TEXTS = (".md", ".rst")  # they may only write about it


class Mark(NamedTuple):
    """One name after `doctor: off`, and the line that it stands on."""

    file: str
    line: int
    name: str


def marks_in(sources: Mapping[str, Source]) -> Iterator[Mark]:
    """Yield every mark in the files of a project; without a name, an empty one."""
    for file, source in sources.items():
        if "doctor:" in source.text:  # a quick look first: most files have none
            for number, line in enumerate(source.lines, 1):
                if found := MARK.search(line):
                    yield from (Mark(file, number, name) for name in names_in(found[1]))


def names_in(text: str) -> list[str]:
    """Return the names, which commas part; other words give the reason."""
    first, *others = (part.strip() for part in END.sub("", text).split(","))
    found = NAME.match(first)
    names = [found[0] if found else ""]
    for part in others:
        word = NAME.match(part)
        # What follows a comma may be the reason: "off in-memory, it is one process".
        if word and (word[0] == part or word[0] in ADVICE):
            names.append(word[0])
    return names


def mark_for(finding: Finding) -> Mark:
    """Return the mark that silences a finding; for a whole file, it's on line 1."""
    return Mark(finding.file, finding.line_number or 1, finding.name)


def notes_about(marks: Iterable[Mark], used: set[Mark]) -> Iterator[Note]:
    """Yield a note about each mark that silences nothing."""
    for mark in sorted(set(marks) - used):
        if not mark.file.endswith(TEXTS):
            yield Note(f"{mark.file}:{mark.line}", why_unused(mark.name))


def why_unused(name: str) -> str:
    """Return why a mark silences nothing."""
    if not name:
        return '"doctor: off" silences nothing without the name of a finding.'
    if name in ADVICE:
        return f'"doctor: off {name}" silences nothing: this line has no such finding.'
    near = difflib.get_close_matches(name, ADVICE, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f'"doctor: off {name}" silences nothing: no finding has that name.{hint}'
