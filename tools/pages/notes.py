"""Numbered notes on the lines of a listing.

Directly under a `::: code` line, a numbered list; each item begins with a text that
occurs in the listing:

    ::: code 03-inmemory-layer/chat/consumers.py ChatConsumer.connect
    1. `group_add`: before `accept`, or a message sent in between is lost.

The number appears at the end of the first line with that text, and the notes below. The
step's file contains no mark, and a note whose text disappears stops the build.
"""

import re

from markdown import Markdown
from markdown.postprocessors import Postprocessor

from course.errors import CourseError

NOTE = re.compile(r"^\d+\. (?P<ticks>`+) ?(?P<text>.+?) ?(?P=ticks)")
# Characters of Unicode's private area: no lexer knows them, so each stays in one piece.
FIRST = 0xE001
MOST = 20
CHARACTERS = f"[{chr(FIRST)}-{chr(FIRST + MOST - 1)}]"
MARK = re.compile(f'<span class="[^"]*">({CHARACTERS})</span>|({CHARACTERS})')
AFTER_ALL = 0  # when the listings have become HTML again


def taken(rest: list[str], indent: str) -> list[str]:
    """Take the notes that follow a directive from the rest of a page."""
    notes = []
    while rest and NOTE.match(rest[0].removeprefix(indent)):
        notes.append(rest.pop(0).removeprefix(indent))
    return notes


def marked(listing: list[str], notes: list[str]) -> list[str]:
    """Return a listing with a mark on each line that has a note, and the notes below.

    If several lines have the text, the first that isn't a comment gets the mark: a
    comment often has the same words as the code below it.

    Raises CourseError if the listing doesn't have the text of a note.
    """
    if len(notes) > MOST:
        raise CourseError(f"a listing can have {MOST} notes, not {len(notes)}")
    lines = list(listing)
    # Not the fence, whose title may have the same text.
    code = range(2, len(lines) - 2)
    for number, note in enumerate(notes):
        text = NOTE.match(note)["text"]
        found = [index for index in code if text in lines[index]]
        if not found:
            raise CourseError(
                f'no line of the listing has the text of the note "{text}"'
            )
        code_first = sorted(found, key=lambda index: is_comment(listing[index]))
        lines[code_first[0]] += chr(FIRST + number)
    return [*lines, *notes, ""]


def is_comment(line: str) -> bool:
    """Return whether a line is nothing but a comment."""
    return line.lstrip().startswith(("#", "//", "/*", "* "))


def register(md: Markdown) -> None:
    """Let the marks become numbers when the listings are HTML."""
    md.postprocessors.register(Numbers(md), "tools.pages.notes", AFTER_ALL)


class Numbers(Postprocessor):
    """Writes the numbers; by CSS, so that nobody copies them with the code."""

    def run(self, text: str) -> str:
        """Return the page with its marks replaced."""
        return MARK.sub(number, text)


def number(found: re.Match) -> str:
    """Return the element of one mark."""
    return f'<span class="note" data-note="{ord(found[1] or found[2]) - FIRST + 1}"></span>'
