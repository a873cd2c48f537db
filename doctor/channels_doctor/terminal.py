"""Writing for a person: widths, colours, and text that a terminal can't be fooled by."""

import os
import re
import shutil
import sys
from typing import TextIO

NARROWEST, WIDEST = 72, 100

COLOURS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1"}
# Control characters, halves of surrogate pairs, and what turns the direction of writing.
UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
# What must stay in one piece: a quotation, most often an error, and code.
PIECES = re.compile(r'(?:"[^"\n]*"|`[^`\n]*`|\S)+')


class Paint:
    """Colours text, if the stream is a terminal and nobody asked for none."""

    def __init__(self, stream: TextIO) -> None:
        self.is_on = has_colours(stream)

    def __call__(self, colour: str, text: str) -> str:
        """Return the text in that colour."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.is_on else text


def has_colours(stream: TextIO) -> bool:
    """Tell whether to write in colours: see no-color.org."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    # The old console of Windows shows the codes themselves.
    if sys.platform == "win32" and "WT_SESSION" not in os.environ:
        return False
    return stream.isatty()


def width() -> int:
    """Return how many columns to fill."""
    return min(max(shutil.get_terminal_size((80, 24)).columns - 1, NARROWEST), WIDEST)


def safe(text: str) -> str:
    r"""Return a text in one line, with whatever a terminal would act on as `\x1b`."""
    return UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    """Return a paragraph in lines; a quoted error is never broken."""
    lines, line = [], indent if first is None else first
    is_empty, most = True, width()
    for piece in PIECES.findall(safe(text)):
        if is_empty:
            line += piece
        elif len(line) + 1 + len(piece) <= most:
            line += f" {piece}"
        else:
            lines.append(line)
            line = indent + piece
        is_empty = False
    return [*lines, line]
