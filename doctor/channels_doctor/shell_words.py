"""The words of a shell command, each with its place in the file, so that it can be changed."""

import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    r"""
    (?P<blank> (?: [ \t\r] | \\\r?\n )+ )
  | (?P<comment> \#[^\n]* )
  | (?P<word> (?: %\([^()\n]*\) | '[^']*' | "(?:\\.|[^"\\])*" | \\. | \$\([^()]*\) | \$\{[^}]*\} | `[^`]*`
                | [<>]&[\d-] | [^\s'"\\;|&()`] )+ )
  | (?P<end> \n | && | \|\| | . )
    """,
    re.VERBOSE | re.DOTALL,
)
QUOTED = re.compile(r"""'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)""", re.DOTALL)
LIST_ITEM = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|[^\s,\[\]"'\\]+""")


class Word(NamedTuple):
    """One word of a command: what the program gets, and where it's written."""

    text: str
    start: int  # in the file's text, quotes included
    end: int

    @property
    def is_known(self) -> bool:
        """Nothing in it depends on the machine that runs it."""
        return not re.search(r"[$`]|\{\{|%\(", self.text)


def commands_in(
    text: str, start: int, end: int, newline_ends: bool = True
) -> list[list[Word]]:
    """Return the commands between two places of a file: `a && b; c` are three.

    In YAML's folded text a newline is only a blank.
    """
    commands: list[list[Word]] = [[]]
    for token in TOKEN.finditer(text, start, end):
        if token.lastgroup == "word":
            commands[-1].append(Word(unquoted(token[0]), token.start(), token.end()))
        elif token.lastgroup == "end" and (newline_ends or token[0] != "\n"):
            commands.append([])
    return [command for command in commands if command]


def unquoted(word: str) -> str:
    """Return a word without its quotes and backslashes."""
    return QUOTED.sub(plain, word)


def plain(found: re.Match[str]) -> str:
    """Return what stands between a pair of quotes, or behind a backslash."""
    single, double, escaped = found.groups()
    if double is not None:
        return re.sub(r'\\(["\\$`])', r"\1", double)
    return escaped if single is None else single


def words_of_a_list(text: str, start: int, end: int) -> list[Word]:
    """Return the items of `["daphne", "-b", "0.0.0.0"]`, as Docker and YAML write it."""
    found = LIST_ITEM.finditer(text, start, end)
    return [Word(unquoted(item[0]), item.start(), item.end()) for item in found]


def inside(word: Word, text: str) -> tuple[int, int]:
    """Return where the text of a word in quotes begins and ends: `sh -c "daphne …"`."""
    if text[word.start] in "'\"" and text[word.start] == text[word.end - 1]:
        return word.start + 1, word.end - 1
    return word.start, word.end


def blanked(text: str, pattern: str) -> str:
    """Return a text with spaces in place of a pattern, so that every place stays."""
    return re.sub(pattern, lambda found: " " * len(found[0]), text, flags=re.MULTILINE)


def logical_lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each line begins and ends; one that ends in a backslash goes on."""
    for found in re.finditer(r"(?:\\\r?\n|[^\n])+", text):
        yield found.start(), found.end()
