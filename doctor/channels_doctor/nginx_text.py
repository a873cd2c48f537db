"""Reading nginx's configuration, as far as it decides what becomes of a WebSocket."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

TOKEN = re.compile(
    r"#[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[{};]|(?:\$\{\w+\}|\\.|[^\s{};\"'#])+"
)


@dataclass
class Directive:
    """One line, such as `proxy_pass http://web:8000;`, or a block with what is in it."""

    words: list[str]
    line: int  # where it begins
    last_line: int = 0  # where it ends, before what's in its block
    parent: Optional["Directive"] = None
    children: list["Directive"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0] if self.words else ""

    def all(self, name: str) -> list["Directive"]:
        """Return the directives of a name directly in it."""
        return [child for child in self.children if child.name == name]

    def below(self, name: str) -> Iterator["Directive"]:
        """Yield the directives of a name, however deep in it."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.below(name)

    def inherited(self, name: str) -> list["Directive"]:
        """Return the directives that hold here: its own, or else those of the block around it."""
        place: Directive | None = self
        while place is not None:
            if found := place.all(name):
                return found
            place = place.parent
        return []


def read_nginx(text: str) -> Directive:
    """Return the whole file as one block."""
    root = Directive([], 0)
    block, words, line = root, [], 0
    count, place = 1, 0
    for token in TOKEN.finditer(text):
        count += text.count("\n", place, token.start())
        place = token.start()
        word = token[0]
        if word.startswith("#"):
            continue
        if word == "}":
            block, words = block.parent or root, []
        elif word in ";{":
            directive = Directive(words, line or count, count, block)
            block.children.append(directive)
            block, words, line = (directive if word == "{" else block), [], 0
        else:
            line = line or count
            words = [*words, word.strip("\"'")]
    return root


def location_for(server: Directive, path: str) -> Directive | None:
    """Return the location that nginx takes for a path."""
    best, is_final = None, False
    patterns = []
    for location in server.all("location"):
        match location.words[1:]:
            case ["=", exact]:
                if exact == path:
                    return location
            case ["~" | "~*" as sign, pattern]:
                patterns.append(
                    (location, pattern, re.IGNORECASE if sign == "~*" else 0)
                )
            case ["^~", prefix] | [prefix]:
                longest = len(best.words[-1]) if best else -1
                if path.startswith(prefix) and len(prefix) > longest:
                    best, is_final = location, location.words[1] == "^~"
    for location, pattern, flags in () if is_final else patterns:
        try:
            if re.search(pattern, path, flags):
                return location
        except re.error:  # PCRE has more than Python
            return None
    return best
