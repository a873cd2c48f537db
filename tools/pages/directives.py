"""Finds `::: …` and `{{ … }}` in a page and puts in their place what they stand for."""

import re
import shlex
from collections.abc import Iterator

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from course.errors import CourseError
from tools.pages import (
    diagrams,
    exercises,
    listings,
    manifest,
    measured,
    museum,
    notebooks,
)

DIRECTIVE = re.compile(r"^(?P<indent>[ \t]*):::[ \t]+(?P<words>\S.*)$")
FIGURE = re.compile(r"\{\{ +([^{}]+?) +\}\}")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")

BLOCKS = {
    "bars": measured.bars,
    "capabilities": manifest.capabilities,
    "changes": manifest.changes,
    "closing": museum.closing,
    "code": listings.code,
    "diagram": diagrams.diagram,
    "diff": listings.diff,
    "error": museum.error,
    "exercise": exercises.exercise,
    "exercises": exercises.exercises,
    "goals": measured.goals,
    "machine": measured.machine,
    "museum": museum.museum,
    "notebook": notebooks.page,
    "output": listings.output,
    "section": listings.section,
    "table": measured.table,
    "track": exercises.track,
    "versions": measured.versions,
}

# Before `fenced_code` and its kin (25), so that a listing can be a fenced block.
BEFORE_FENCES = 35


class PagesExtension(Extension):
    """Adds the directives to Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register what reads the lines of a page first."""
        md.preprocessors.register(Directives(md), "tools.pages", BEFORE_FENCES)


class Directives(Preprocessor):
    """Reads the lines of a page before Markdown does."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines with every directive replaced."""
        return list(expanded(lines))


def expanded(lines: list[str]) -> Iterator[str]:
    """Yield the lines of a page; what stands inside a fence is shown as it is."""
    fence = ""
    for line in lines:
        if mark := FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and line.strip() == mark[1]:
                fence = ""
        if fence:
            yield line
        elif found := DIRECTIVE.match(line):
            for made in block(found["words"]):
                yield found["indent"] + made if made else made
        else:
            yield FIGURE.sub(lambda found: figure(found[1]), line)


def block(text: str) -> list[str]:
    """Return the lines that one directive stands for."""
    name, *words = shlex.split(text)
    if name not in BLOCKS:
        known = ", ".join(BLOCKS)
        raise CourseError(f'"::: {text}": there is no "{name}". There are: {known}.')
    try:
        return BLOCKS[name](*words)
    except (CourseError, TypeError) as problem:
        raise CourseError(f'"::: {text}": {problem}') from problem


def figure(text: str) -> str:
    """Return the figure that stands in a sentence."""
    try:
        return measured.figure(*text.split())
    except (CourseError, TypeError) as problem:
        raise CourseError(f'"{{{{ {text} }}}}": {problem}') from problem
