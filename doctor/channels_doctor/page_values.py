"""What an expression in a script makes: its texts, and what varies between them.

Only as much of JavaScript is read as URLs are made of: strings, template literals, `+`,
`a ? b : c`, `a || b`, new URL(…), and the names of constants, in the file or imported by it.
"""

import posixpath
import re
from dataclasses import dataclass, field
from functools import cached_property

from channels_doctor.pages_code import STRING, closing, only_scripts, template_end

NAME = r"[A-Za-z_$][\w$]*"
# What varies in a text of a template: {{ of Django }}, {% of Django, too %}.
DJANGO = re.compile(
    r"\{% *if\b[^%]*%\}[^{}\"'/]*(?:\{% *el\w+[^%]*%\}[^{}\"'/]*)*\{% *endif *%\}"
    r"|\{\{.*?\}\}|\{%.*?%\}",
    re.DOTALL,
)
FUNCTION_HEAD = re.compile(
    rf"(?:function\s+(?P<a>{NAME})\s*"
    rf"|(?P<b>{NAME})\s*=\s*(?:async\s*)?(?:function\s*)?)\((?P<parameters>[^()]*)\)"
)
DEEPEST = 12


@dataclass(frozen=True)
class Piece:
    """A part of a text: as it's written, or the source of what varies."""

    text: str
    varies: bool
    page: "Page"
    start: int  # of it in the file
    end: int


@dataclass
class Page:
    """A page or script, and the other files that it can import."""

    file: str
    text: str  # without comments
    others: dict[str, "Page"] = field(default_factory=dict, repr=False)

    def __hash__(self) -> int:
        return hash(self.file)

    @cached_property
    def script(self) -> str:
        """Its scripts and the values of attributes, at their places."""
        return only_scripts(self.file, self.text)

    def line_of(self, place: int) -> int:
        """Return the number of the line that a place is in."""
        return self.text.count("\n", 0, place) + 1

    @cached_property
    def known(self) -> dict[str, list[tuple[int, bool]]]:
        """The declarations that were looked up already."""
        return {}

    def declarations(self, name: str) -> list[tuple[int, bool]]:
        """Return where each value of a name begins, and whether it's a constant."""
        if name not in self.known:
            start = (
                rf"(?:\b(const|let|var)\s+|(?<=[\s;{{(,]))(?<![.\w$]){re.escape(name)}"
            )
            found = re.finditer(rf"{start}\s*(?::[^=;\n]+)?=(?![=>])\s*", self.script)
            self.known[name] = [(one.end(), one[1] == "const") for one in found]
        return self.known[name]

    @cached_property
    def functions(self) -> list[tuple[int, str, list[str]]]:
        """Where each function's head ends, its name, and its parameters; last first."""
        found = []
        for head in FUNCTION_HEAD.finditer(self.script):
            parts = head["parameters"].split(",")
            names = [re.split(r"[:=?\s]", one.strip())[0] for one in parts]
            found.append((head.end(), head["a"] or head["b"], names))
        return found[::-1]

    def import_of(self, name: str) -> tuple["Page", str] | None:
        """Return the page and the name there that a name is imported from."""
        for found in re.finditer(
            r"\bimport\s*\{([^}]*)\}\s*from\s*(['\"])([^'\"\n]+)\2", self.script
        ):
            for one in found[1].split(","):
                words = one.split()
                if words and words[-1] == name:
                    other = self.page_at(found[3])
                    return (other, words[0]) if other else None
        return None

    def page_at(self, path: str) -> "Page | None":
        """Return the page that an import leads to."""
        if path.startswith("."):
            path = posixpath.normpath(
                posixpath.join(posixpath.dirname(self.file), path)
            )
            starts = [path]
        else:  # "@/config" is "src/config", in some folder
            end = "/" + re.sub(r"^[@~]/", "", path)
            starts = [one[: one.index(end)] + end for one in self.others if end in one]
        for start in starts:
            stem = re.sub(r"\.[cm]?[jt]sx?$", "", start)
            for ending in ("js", "ts", "jsx", "tsx", "mjs", "mts", "cjs"):
                for file in (f"{stem}.{ending}", f"{stem}/index.{ending}"):
                    if file in self.others:
                        return self.others[file]
        return None


class Reader:
    """Reads expressions of one page."""

    def __init__(self, page: Page, depth: int = 0) -> None:
        self.page = page
        self.text = page.script
        self.depth = depth

    def value_at(self, place: int) -> list[Piece]:
        """Return the pieces of the expression that begins at a place."""
        return self.read_choice(place)[0]

    def skip(self, place: int) -> int:
        """Return the place of the next thing that is no blank."""
        while place < len(self.text) and self.text[place].isspace():
            place += 1
        return place

    def read_choice(self, place: int) -> tuple[list[Piece], int]:
        """Read `sum`, `sum ? sum : sum` or `sum || sum`; of two, the one that is known."""
        start = place
        pieces, place = self.read_sum(place)
        place = self.skip(place)
        while found := re.compile(r"[=!]==?|[<>]=?|&&").match(self.text, place):
            pieces, place = self.read_sum(found.end())  # a condition
            pieces, place = [self.varying(start, place)], self.skip(place)
        if self.text.startswith(("??", "||"), place):
            other, place = self.read_choice(place + 2)
            known = any(piece.varies for piece in pieces)
            pieces = other if known else pieces
        elif (
            self.text.startswith("?", place) and self.text[place + 1 : place + 2] != "."
        ):
            first, place = self.read_choice(place + 1)
            place = self.skip(place)
            if self.text.startswith(":", place):
                other, place = self.read_choice(place + 1)
                pieces = self.one_of(first, other, start, place)
        return pieces, place

    def one_of(
        self, first: list[Piece], other: list[Piece], start: int, end: int
    ) -> list[Piece]:
        """Return what stands for both of two values: "ws://" and "wss://" are a scheme."""
        texts = [rendered(first), rendered(other)]
        if all(re.fullmatch(r"wss?(:(//)?)?", text) for text in texts):
            piece = max(first + other, key=lambda one: len(one.text))
            return [Piece(piece.text, False, self.page, start, start)]
        if texts[0] == texts[1]:
            return first
        return [self.varying(start, end)]

    def read_sum(self, place: int) -> tuple[list[Piece], int]:
        """Read terms with `+` between them."""
        pieces: list[Piece] = []
        while True:
            term, place = self.read_term(self.skip(place))
            pieces += term
            after = self.skip(place)
            if self.text[after : after + 1] != "+" or self.text.startswith("++", after):
                return pieces, place
            place = after + 1

    def read_term(self, place: int) -> tuple[list[Piece], int]:
        """Read one string, template, name, call, or expression in parentheses."""
        start, char = place, self.text[place : place + 1]
        if char in ("'", '"') and (found := STRING.match(self.text, place)):
            pieces, place = self.read_text(place + 1, found.end() - 1), found.end()
        elif char == "`":
            place = template_end(self.text, place, len(self.text))
            pieces = self.read_template(start + 1, place - 1)
        elif char == "(":
            place = closing(self.text, place)
            pieces = self.value_at(start + 1)
        elif found := re.compile(r"new\s+URL\s*\(").match(self.text, place):
            place = closing(self.text, found.end() - 1)
            pieces = self.value_at(found.end())
            if not rendered(pieces).startswith(("/", "ws")):
                pieces = [self.varying(start, place)]
        elif found := re.compile(rf"(?:new\s+|await\s+)?{NAME}").match(
            self.text, place
        ):
            place = found.end()
            pieces = self.value_of(found[0], start, place)
        elif found := re.compile(r"\d+").match(self.text, place):
            return [Piece(found[0], False, self.page, start, found.end())], found.end()
        elif found := DJANGO.match(self.text, place):
            return [self.varying(start, found.end())], found.end()
        else:
            return [self.varying(start, place + 1)], place + 1
        end = self.read_tail(place)
        harmless = re.fullmatch(
            r"(\.href|\.toString\(\)|!|\s+as\s+\w+)*", self.text[place:end]
        )
        return (pieces if harmless else [self.varying(start, end)]), end

    def read_tail(self, place: int) -> int:
        """Return where `.name`, `[0]`, `(…)` after a term come to their end."""
        while True:
            after = self.skip(place)
            if found := re.compile(rf"\??\.\s*{NAME}|!(?!=)|\s+as\s+\w+").match(
                self.text, after
            ):
                place = found.end()
            elif found := re.compile(r"(\?\.)?[(\[]").match(self.text, place):
                place = closing(self.text, found.end() - 1)
            else:
                return place

    def read_text(self, start: int, end: int) -> list[Piece]:
        """Return the pieces of a text that Django may fill in."""
        pieces, place = [], start
        for found in DJANGO.finditer(self.text, start, end):
            pieces += self.literal(place, found.start())
            pieces.append(self.varying(*found.span()))
            place = found.end()
        return pieces + self.literal(place, end)

    def read_template(self, start: int, end: int) -> list[Piece]:
        """Return the pieces of a template literal."""
        pieces: list[Piece] = []
        place = start
        while (mark := self.text.find("${", place, end)) >= 0:
            pieces += self.read_text(place, mark)
            place = closing(self.text, mark + 1, end)
            inner, stop = self.read_choice(mark + 2)
            is_whole = self.skip(stop) == place - 1
            pieces += inner if is_whole else [self.varying(mark, place)]
        return pieces + self.read_text(place, end)

    def literal(self, start: int, end: int) -> list[Piece]:
        """Return the piece for a text as it's written; none for an empty one."""
        text = self.text[start:end]
        return [Piece(text, False, self.page, start, end)] if text else []

    def varying(self, start: int, end: int) -> Piece:
        """Return the piece for something that only running it would tell."""
        return Piece(self.text[start:end], True, self.page, start, end)

    def value_of(self, name: str, start: int, end: int) -> list[Piece]:
        """Return the pieces of what a name stands for, if it's a constant."""
        found, page = self.page.declarations(name), self.page
        if not found and (imported := page.import_of(name)):
            page, name = imported
            found = page.declarations(name)
        before = [place for place, is_const in found if place < start and is_const]
        is_changed = re.search(
            rf"\b{re.escape(name)}\.(pathname|href)\s*=", page.script
        )
        if is_changed or self.depth > DEEPEST:
            return [self.varying(start, end)]
        pieces = []
        if len(found) == 1:
            pieces = Reader(page, self.depth + 1).value_at(found[0][0])
        elif before and len(before) == len(found) and page is self.page:
            pieces = Reader(page, self.depth + 1).value_at(before[-1])
        if any(not piece.varies for piece in pieces):
            return pieces
        source = " ".join([name, *(piece.text for piece in pieces)])
        return [Piece(source, True, self.page, start, end)]


def rendered(pieces: list[Piece]) -> str:
    """Return the text of pieces, with a NUL for everything that varies."""
    return "".join("\0" if piece.varies else piece.text for piece in pieces)
