"""What a file that Python can't parse has: a slip, a merge's leftovers, or newer syntax."""

import re
import sys
from typing import NamedTuple

from channels_doctor.advice import say
from channels_doctor.edits import Edit, Source
from channels_doctor.finding import Finding, Note

MARKER = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
IS_TEMPLATE = re.compile(
    r"\{%|\{\{ ?cookiecutter"
)  # a file that makes Python, not Python
CURLY = {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"}

# Syntax by the version that brought it: what the line at the error, or one above it, has.
NEWER: list[tuple[tuple[int, int], str]] = [
    ((3, 12), r"^\s*type\s+\w+\s*(\[[^]]*\])?\s*="),
    ((3, 12), r"^\s*(async\s+)?(def|class)\s+\w+\s*\[[^]]*\]\s*[(:]"),
    ((3, 12), r"""\b[fF][rR]?(["']).*\{[^}]*(\1|\\)"""),
    ((3, 13), r"^\s*(type|def|class|async def)\s+\w+\s*\[[^]]*=[^]]*\]"),
    ((3, 14), r"^\s*except\*?\s+[\w.]+\s*,\s*[\w.]+(\s*,\s*[\w.]+)*\s*:"),
    ((3, 14), r"""(^|[\s(=,\[{:])([tT]|[tT][rR]|[rR][tT])("|')"""),
    ((3, 15), r"^\s*lazy\s+(import|from)\s"),
]
PYTHON_2 = [
    ("print", r"^\s*print\s+[^\s(=.]"),
    ("exec", r"^\s*exec\s+[\"'\w]"),
    ("except", r"^\s*except\s+[\w.]+\s*,\s*e(rr|x|xc)?\s*:"),
    ("raise", r"^\s*raise\s+\w+\s*,\s*[\"']"),
    ("ur", r"\bur[\"']"),
    ("<>", r"\w\s*<>\s*\w"),
    ("0777", r"\b0[0-7]{2,}\b"),
]


class Trouble(NamedTuple):
    """What to say about a file that can't be parsed: one of the two."""

    finding: Finding | None = None
    note: Note | None = None


def trouble_with(source: Source, error: SyntaxError) -> Trouble:
    """Tell what keeps Python from reading a file."""
    if IS_TEMPLATE.search(source.text):
        return Trouble()
    marker = MARKER.search(source.text)
    if marker:
        line = source.text.count("\n", 0, marker.start()) + 1
        text = f"{type(error).__name__}: {error.msg}"
        return Trouble(say("merge-leftover", f"{source.file}:{line}", error=text))
    number = error.lineno or 0
    where = f"{source.file}:{number}" if number else source.file
    newer = newer_syntax(source, number)
    text = f"{type(error).__name__}: {error.msg}"
    is_old = any(re.search(pattern, source.line(number)) for _, pattern in PYTHON_2)
    if newer and not (is_old and "print" in text):
        version, own = (
            ".".join(map(str, one)) for one in (newer, sys.version_info[:2])
        )
        return Trouble(
            note=Note(
                where,
                f"This Python {own} can't read the file: it uses syntax of Python {version}."
                f" Run the doctor with Python {version} or newer.",
            )
        )
    if is_old:
        return Trouble(say("python-2", where, *new_print(source, number), error=text))
    edits = curly_quotes(source, number) if "invalid character" in text else []
    return Trouble(
        say("not-python", where, *edits, error=text, advice=usually(source, error))
    )


def newer_syntax(source: Source, number: int) -> tuple[int, int] | None:
    """Return the version that brought what the line has; None if this Python knows it all."""
    lines = [source.line(one) for one in range(max(1, number - 1), number + 1)]
    for version, pattern in NEWER:
        if version > sys.version_info[:2] and any(
            re.search(pattern, one) for one in lines
        ):
            return version
    return None


def new_print(source: Source, number: int) -> list[Edit]:
    """Return the edit that makes a call of Python 2's print."""
    found = re.match(r"(\s*)print\s+([^#>;\\]*[^\s#>;,\\])\s*$", source.line(number))
    return (
        [source.replace_line(number, f"{found[1]}print({found[2]})")] if found else []
    )


def curly_quotes(source: Source, number: int) -> list[Edit]:
    """Return the edit that straightens the quotation marks of a word processor."""
    line = source.line(number)
    straight = line.translate(str.maketrans(CURLY))
    return [source.replace_line(number, straight)] if straight != line else []


def usually(source: Source, error: SyntaxError) -> str:
    """Say what such an error usually is."""
    text = error.msg or ""
    if isinstance(error, TabError) or "tabs and spaces" in text:
        return "Indent with four spaces everywhere: in VS Code, Convert Indentation to Spaces."
    if "expected an indented block" in text:
        return "Indent the lines that belong to the one above, or write pass there."
    if isinstance(error, IndentationError):
        return "Give the line the same indentation as those that it belongs to."
    if "never closed" in text or "unmatched" in text or "does not match" in text:
        return "Count the brackets from there on: one is missing, or one is too many."
    if "await" in text and "outside" in text:
        return "Write async def for the function around it, or call it with async_to_sync( … )."
    if "invalid character" in text:
        return "It was copied from a text with curly quotation marks: type them again."
    if "unterminated" in text:
        return "Close the text with the quotation mark that it begins with."
    if "expected ':'" in text:
        return "End the line with a colon."
    if "forgot a comma" in text:
        return "Write a comma between the two."
    return "Correct that line, or the one above it; nothing that imports the file works until then."
