"""What a page does with its sockets: what it sends on them, and what it reads from them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from channels_doctor.page_values import Page
from channels_doctor.pages_code import STRING, closing

OPENED = re.compile(
    r"([\w$]+)\s*(?::\s*[\w |]+?)?\s*=\s*new\s+(?:window\.)?WebSocket\s*\("
)
FUNCTION = (
    r"\s*(?:async\s*)?(?:function\b\s*\w*\s*)?\(?\s*"
    r"(?:(?P<name>[\w$]+)|\{\s*(?P<data>data)\s*\})\s*(?::\s*[\w<>]+\s*)?\)?\s*(?:=>)?\s*"
)


@dataclass(frozen=True)
class Handler:
    """The function that gets a socket's messages."""

    page: Page
    data: str  # how it calls a message's text: "event.data", or "data"
    start: int  # of its body
    end: int

    @property
    def body(self) -> str:
        """The source of its body."""
        return self.page.script[self.start : self.end]

    @cached_property
    def reads(self) -> list[tuple[str, int, bool]] | None:
        """The keys that it reads, where, and whether it only asks if they're there.

        None if the message goes elsewhere, so that other keys may be read.
        """
        parse = rf"JSON\.parse\(\s*{re.escape(self.data)}\s*\)"
        parsed = list(re.finditer(parse, self.body))
        if len(parsed) != 1:
            return None
        found, after = parsed[0], self.body[parsed[0].end() :]
        if direct := re.match(r"\.([\w$]+)", after):
            return [(direct[1], self.start + found.end() + 1, False)]
        before = self.body[: found.start()]
        if name := re.search(
            r"(?:const|let|var)\s+([\w$]+)\s*(?::[^=;]+)?=\s*$", before
        ):
            return self.reads_of(name[1], found.end())
        return None

    def reads_of(self, name: str, place: int) -> list[tuple[str, int, bool]] | None:
        """Return the keys that are read of a name, behind a place of the body."""
        reads = []
        for use in re.finditer(rf"(?<![\w$.]){re.escape(name)}\b", self.body[place:]):
            start = place + use.end()
            key = re.match(r"\.([\w$]+)", self.body[start:])
            if key is None:
                return None
            line = self.body.rfind("\n", 0, start) + 1
            is_asked = re.search(
                r"\b(if|switch|case|while)\b|[?]|&&|\|\||[=!]==?",
                self.body[line:].split("\n")[0],
            )
            reads.append((key[1], self.start + start + 1, bool(is_asked)))
        return reads


@dataclass(frozen=True)
class Sent:
    """One send(…) of a page."""

    page: Page
    place: int  # where it begins
    argument: int  # where what it sends begins
    end: int  # behind its closing parenthesis

    @property
    def source(self) -> str:
        """The source of what it sends."""
        return self.page.script[self.argument : self.end - 1].strip()

    @property
    def keys(self) -> set[str] | None:
        """The keys of the object that it sends as JSON; None if that isn't known."""
        found = re.match(r"JSON\.stringify\(\s*(?=\{)", self.source)
        return keys_of(self.source, found.end()) if found else None


def socket_names(page: Page) -> set[str]:
    """Return the names of the variables that hold a page's sockets."""
    if "WebSocket" not in page.text:
        return set()
    return {found[1] for found in OPENED.finditer(page.script)}


def handlers_of(page: Page, names: set[str]) -> Iterator[Handler]:
    """Yield the functions that get the messages of these sockets."""
    for name in names:
        start = rf"(?<![\w$]){re.escape(name)}\s*\.\s*"
        heads = (
            rf"(?:onmessage\s*=|addEventListener\(\s*(['\"])message\1\s*,){FUNCTION}"
        )
        for found in re.finditer(start + heads, page.script):
            place = found.end()
            if page.script[place : place + 1] == "{":
                end = closing(page.script, place)
            else:
                end = min(
                    (e for e in (page.script.find(c, place) for c in ";\n") if e >= 0),
                    default=len(page.script),
                )
            data = "data" if found["data"] else f"{found['name']}.data"
            yield Handler(page, data, place, end)


def sent_by(page: Page, names: set[str]) -> Iterator[Sent]:
    """Yield what a page sends on these sockets."""
    for name in names:
        for found in re.finditer(
            rf"(?<![\w$]){re.escape(name)}\s*\??\.\s*send\s*\(", page.script
        ):
            end = closing(page.script, found.end() - 1)
            yield Sent(page, found.start(), found.end(), end)


def go_elsewhere(page: Page, names: set[str]) -> bool:
    """Tell whether a socket is handed on, to be used under another name."""
    return any(
        re.search(
            rf"(?:[(,\[=]|\breturn|\bexport|=>)\s*(?:this\.)?{re.escape(name)}\s*[,;)\]}}\n]",
            page.script,
        )
        for name in names
    )


def keys_of(source: str, place: int) -> set[str] | None:
    """Return the keys of the object literal at a place; None if some aren't known."""
    end = closing(source, place) - 1
    keys, place = set(), place + 1
    while True:
        found = re.compile(
            r"\s*(?:([\w$]+)|(['\"])([^'\"\n]*)\2)\s*([:,}]|$)|\s*(?=\}|$)"
        ).match(source, place, end)
        if found is None:
            return None
        key = found[1] or found[3]
        if key is None:
            return keys
        keys.add(key)
        place = found.end()
        if found[4] == ":":
            place = value_end(source, place, end) + 1
        if place >= end:
            return keys


def value_end(source: str, place: int, end: int) -> int:
    """Return where the value of a key comes to its comma."""
    while place < end and source[place] != ",":
        if source[place] in "([{`":
            place = closing(source, place, end) if source[place] != "`" else end
        elif found := STRING.match(source, place, end):
            place = found.end()
        else:
            place += 1
    return place
