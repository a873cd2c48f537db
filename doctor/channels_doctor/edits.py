"""Changes to files: made by the checks, shown as a diff, applied by `--fix`.

An edit replaces some characters of a file's text by others. Offsets count characters of
the text as it is in the file, line endings included, without a byte order mark.
"""

import ast
import bisect
import difflib
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace `file`'s characters from `start` up to `end`; an empty range inserts.

    A file that doesn't exist is made, from an edit of 0 to 0.
    """

    file: str
    start: int
    end: int
    new: str


class Source:
    """The text of one file, which knows where its lines and pieces of code are."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def line(self, number: int) -> str:
        """Return a line, counted from 1, without its ending; empty if there is none."""
        if 1 <= number <= len(self.lines):
            return self.lines[number - 1].rstrip("\r\n")
        return ""

    def number_of(self, offset: int) -> int:
        """Return the number of the line that an offset is in."""
        return bisect.bisect_right(self.starts, offset)

    def indent(self, number: int) -> str:
        """Return the blanks that a line begins with."""
        line = self.line(number)
        return line[: len(line) - len(line.lstrip())]

    def offset(self, number: int, column: int) -> int:
        """Return where the parser's column is: it counts bytes of UTF-8, not characters."""
        before = self.lines[number - 1].encode()[:column].decode()
        return self.starts[number - 1] + len(before)

    def range_of(self, node: ast.AST) -> tuple[int, int]:
        """Return where a piece of code begins and ends."""
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def code(self, node: ast.AST) -> str:
        """Return a piece of code as it is written."""
        start, end = self.range_of(node)
        return self.text[start:end]

    def quoted(self, node: ast.AST) -> str:
        """Return a piece of code for a sentence: in one line, a text in double quotes."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return f'"{node.value}"'
        return " ".join(self.code(node).split())

    def replace(self, node: ast.AST, new: str) -> Edit:
        """Write something else in place of a piece of code."""
        return Edit(self.file, *self.range_of(node), self.with_newlines(new))

    def wrap(self, node: ast.AST, before: str, after: str) -> tuple[Edit, Edit]:
        """Write something before and after a piece of code."""
        start, end = self.range_of(node)
        return Edit(self.file, start, start, before), Edit(self.file, end, end, after)

    def insert_before(self, number: int, text: str) -> Edit:
        """Insert whole lines above a line, indented as that line is."""
        place = self.starts[number - 1]
        return Edit(self.file, place, place, self.block(text, self.indent(number)))

    def insert_after(self, number: int, text: str, indent: str | None = None) -> Edit:
        """Insert whole lines below a line, indented as that line is, or as given."""
        place = self.starts[min(number, len(self.lines))]
        block = self.block(text, self.indent(number) if indent is None else indent)
        if self.text[:place] and not self.text[:place].endswith(("\n", "\r")):
            block = self.newline + block
        return Edit(self.file, place, place, block)

    def append(self, text: str) -> Edit:
        """Add whole lines at the end of the file."""
        return self.insert_after(len(self.lines), text, "")

    def delete_lines(self, first: int, last: int | None = None) -> Edit:
        """Delete a line, or several."""
        return Edit(self.file, self.starts[first - 1], self.starts[last or first], "")

    def replace_text(self, number: int, old: str, new: str) -> Edit:
        """Replace the first occurrence of a text in a line."""
        place = self.text.index(old, self.starts[number - 1], self.starts[number])
        return Edit(self.file, place, place + len(old), new)

    def replace_line(self, number: int, new: str) -> Edit:
        """Write a line anew, with its old ending."""
        start = self.starts[number - 1]
        return Edit(self.file, start, start + len(self.line(number)), new)

    def block(self, text: str, indent: str) -> str:
        """Return lines with an indent, and the file's own line endings."""
        lines = text.rstrip("\n").split("\n")
        return self.with_newlines(
            "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
        )

    def with_newlines(self, text: str) -> str:
        """Return a text with the file's own line endings."""
        return text.replace("\n", self.newline)


def apply(texts: Mapping[str, str], edits: Iterable[Edit]) -> dict[str, str]:
    """Return the new text of each file that the edits change.

    Raises ValueError if two of them change the same characters.
    """
    changed = {}
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.file, []).append(edit)
    for file, mine in by_file.items():
        text, parts, place = texts.get(file, ""), [], 0
        for edit in sorted(mine, key=lambda one: (one.start, one.end)):
            if edit.start < place:
                raise ValueError(f"two edits of {file} overlap at {edit.start}")
            parts += [text[place : edit.start], edit.new]
            place = edit.end
        changed[file] = "".join([*parts, text[place:]])
    return changed


def diff(texts: Mapping[str, str], edits: Iterable[Edit], context: int = 1) -> str:
    """Return the change as a unified diff, with a line of context; no ending newline."""
    rows = []
    for file, new in apply(texts, edits).items():
        old = texts.get(file)
        rows += difflib.unified_diff(
            [] if old is None else old.splitlines(),
            new.splitlines(),
            "/dev/null" if old is None else f"a/{file}",
            f"b/{file}",
            lineterm="",
            n=context,
        )
    return "\n".join(rows)
