"""`tools prose`: signs of a text that reads as if it had been translated.

Most of this course was written by people whose first language is another one. The list
has what crept in: private words where the field has a term that readers search for, and
turns of phrase that are correct and that nobody says. Each sign has a limit for a page,
because some of them are fine once.

    python3 -m tools prose                      everything that readers read
    python3 -m tools prose docs/en/errors.md    one file

A check like this can't tell a good text. It tells a text that needs another pass.
"""

import json
import re
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.steps import ROOT

LONGEST = 36  # words; a sentence that is longer wants to be two

# What readers read. Code comments are left to those who review them.
TEXTS = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/en/**/*.md",
    "docs/data/museum.toml",
    "docs/data/closing.toml",
    "docs/data/quiz/*.toml",
    "docs/data/labs/*.md",
    "docs/diagrams/*.svg",
    "notebooks/*.ipynb",
    "steps/*/README.md",
    "exercises/*/*.md",
    "recipes/**/*.md",
]


@dataclass(frozen=True)
class Sign:
    """A sign, how often a page may have it, and what to write instead."""

    pattern: str
    instead: str
    limit: int = 0


SIGNS = [
    Sign(r"\bwho(?:so)?ever\b", "name the subject: a client that …, anyone who …"),
    Sign(r"\bby (?:itself|themselves)\b", "automatically, or leave it out"),
    Sign(r"\b(?:stands?|stood) (?:in|at|on|for itself|there|behind|elsewhere)\b", "is"),
    Sign(r"\b(?:is|are|was|were) told\b", "receives, is notified, gets"),
    Sign(r"\bthe way of\b", "the path, the route"),
    Sign(r"\bnobody (?:\w+ ){0,3}but\b", "only"),
    Sign(r"\bnobody\b", "give the sentence a subject that does something", 4),
    Sign(r"\b(?:that|which|who) (?:is|are) none\b", "an invalid …"),
    Sign(r"\bwhat is no\b", "an invalid …"),
    Sign(r"\bhear(?:s|d)? nothing\b", "receives nothing", 1),
    Sign(r"\b(?:process|server|consumer|socket|layer|page)s? hears?\b", "receives"),
    Sign(r"\bdeaf\b", "not subscribed; treats the layer as down"),
    Sign(r"\b(?:come|comes|came|coming) in\b", "connect, arrive", 1),
    Sign(r"\b(?:come|comes|came|coming) back\b", "reconnect, return", 1),
    Sign(r"\bheld against\b|\bholds? \w+ (?:to|against) it\b", "checked against"),
    Sign(r"\bmends?\b|\bmended\b", "fixes, repairs"),
    Sign(r"\blook(?:s|ed)? again\b", "checks again, polls"),
    Sign(r"\blets? in\b|\bshows? out\b", "accept; close, disconnect"),
    Sign(r"\blast words\b|\bobituar|\bgoodbyes?\b", "last output; final frame"),
    Sign(r"\bany more[.,;:]", "no longer, before the verb"),
    Sign(r"\ball of (?:this|that) says\b", "say what it shows"),
    Sign(r"\bpatience\b", "timeout", 1),
    Sign(r"\bwhat it was\b", "to undo your changes"),
    Sign(
        r"\bout of the box\b|\bsimply\b|\bobviously\b|\bof course\b", "leave it out", 2
    ),
    Sign(r"\bbesides,|\bfurthermore\b|\bhereby\b|\bthereof\b", "and, also"),
    Sign(r"\bin place of\b", "instead of", 1),
    Sign(r"\bthat of (?:who|what|whom)\b", "name it"),
    # ", for nothing has failed": "for" as a cause, told by the verb that follows.
    Sign(
        r", for (?:it|this|that|there|they|we|he|she|nothing|nobody|everybody|the \w+)"
        r" (?:is|are|was|were|has|have|had|can|could|does|do|did|will|would|must)\b",
        "because",
    ),
]

# Where a sentence ends; a dot inside a name or a number doesn't count.
SENTENCE = re.compile(r"(?<=[.!?])[\"”)*_]*\s+(?=[\"“(*_]*[A-Z0-9`])")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
# Blocks of a page that are no prose: directives, table rules, headings' anchors, tags.
NO_PROSE = re.compile(r"^\s*(?:::: |\||</?\w|!\[|\{:|===|\?\?\?|!!!|--8<--|>)")
INLINE = [
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)(?:\{[^}]*\})?"), r"\1"),
    (re.compile(r"(`+).+?\1"), "CODE"),
    (re.compile(r"\*[^*]+\*\{ lang=pt-BR \}"), "PORTUGUESE"),
    (re.compile(r"\{\{.*?\}\}"), "FIGURE"),
    (re.compile(r"\{[:#. ][^}]*\}"), ""),
    (re.compile(r"<[^>]+>|https?://\S+"), ""),
    (re.compile(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}"), ""),
]


@dataclass(frozen=True)
class Paragraph:
    """A piece of text, and the line where it begins."""

    line: int
    text: str


def prose(files: list[str]) -> int:
    """Print every fault of the files, or of all texts; return 1 if there is one."""
    paths = [ROOT / name for name in files] or list(texts())
    found = [
        f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{fault}"
        for path in paths
        for fault in faults(paragraphs_of(path))
    ]
    print("\n".join(found) if found else f"{len(paths)} texts read, nothing found.")
    return int(bool(found))


def texts() -> Iterator[Path]:
    """Yield the files of all texts."""
    for pattern in TEXTS:
        yield from sorted(ROOT.glob(pattern))


def faults(paragraphs: list[Paragraph]) -> list[str]:
    """Return what needs another pass, each with its line, as `12: "whoever": …`."""
    found = []
    for sign in SIGNS:
        hits = [
            (paragraph.line, hit[0])
            for paragraph in paragraphs
            for hit in re.finditer(sign.pattern, paragraph.text, re.IGNORECASE)
        ]
        if len(hits) > sign.limit:
            often = f" ({len(hits)} times, at most {sign.limit})" if sign.limit else ""
            found += [(line, f'"{hit}"{often}: {sign.instead}') for line, hit in hits]
    for paragraph in paragraphs:
        for sentence in SENTENCE.split(paragraph.text):
            count = len(sentence.split())
            if count > LONGEST:
                start = " ".join(sentence.split()[:6])
                found.append(
                    (paragraph.line, f'{count} words in one sentence: "{start} …"')
                )
    return [f"{line}: {fault}" for line, fault in sorted(found)]


def paragraphs_of(path: Path) -> list[Paragraph]:
    """Return the prose of a file: of a page, a notebook, a drawing or a data file."""
    text = path.read_text("utf-8")
    match path.suffix:
        case ".ipynb":
            cells = json.loads(text)["cells"]
            words = [
                "".join(c["source"]) for c in cells if c["cell_type"] == "markdown"
            ]
            return [one for cell in words for one in paragraphs(cell)]
        case ".svg":
            elements = ET.fromstring(text).iter()
            words = ["".join(e.itertext()) for e in elements if e.tag.endswith("desc")]
            return [Paragraph(1, plain(" ".join(word.split()))) for word in words]
        case ".toml":
            values = words_of(tomllib.loads(text))
            return [
                Paragraph(1, one.text) for word in values for one in paragraphs(word)
            ]
    return paragraphs(text)


# Keys of data files whose values nobody wrote as sentences.
NO_SENTENCES = {"says", "also", "changes", "name", "path", "words", "gets"}
NO_SENTENCES |= {"code", "run"}  # of closing codes and of quizzes


def words_of(data: object) -> Iterator[str]:
    """Yield the texts of a data file that a person wrote as sentences."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in NO_SENTENCES:
                yield from words_of(value)
    elif isinstance(data, list):
        for value in data:
            yield from words_of(value)
    elif isinstance(data, str) and " " in data:
        yield data


def paragraphs(text: str) -> list[Paragraph]:
    """Return the prose of Markdown: without code, tables, quotations and directives."""
    found, lines, start, fence = [], [], 0, ""
    rows = text.splitlines()
    fences = {"---", "+++"} & set(rows[:1])  # around YAML or TOML
    body = rows.index(rows[0], 1) + 1 if fences else 0
    for number, row in enumerate([*rows, ""], 1):
        mark = FENCE.match(row)
        if mark and (not fence or row.strip() == fence):
            fence = "" if fence else mark[1]
            row = ""
        if fence or number <= body or not row.strip() or NO_PROSE.match(row):
            row = ""
        item = re.match(r"^\s*(?:[-*+]|\d+\.|:) +", row)
        if (not row or item or row.startswith("#")) and lines:
            found.append(Paragraph(start, plain(" ".join(lines))))
            lines = []
        if row:
            start = start if lines else number
            lines.append(row[item.end() :] if item else row.strip().lstrip("# "))
    return found


def plain(text: str) -> str:
    """Return Markdown as the words that a reader reads."""
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    return text.strip()


if __name__ == "__main__":
    sys.exit(prose(sys.argv[1:]))
