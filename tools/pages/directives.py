"""Replaces `::: …` and `{{ … }}` in a page, and writes commands for each system."""

import re
import shlex
from collections.abc import Iterator

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from course.errors import CourseError
from tools.pages import (
    commands,
    diagrams,
    doctor,
    exercises,
    finish,
    glossary,
    labs,
    listings,
    manifest,
    measured,
    museum,
    notebooks,
    notes,
    plans,
    quiz,
    speaker,
)

DIRECTIVE = re.compile(r"^(?P<indent>[ \t]*):::[ \t]+(?P<words>\S.*)$")
FIGURE = re.compile(r"\{\{ +([^{}]+?) +\}\}")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")


def lab(*words: str) -> list[str]:
    """Return a lab; its text may have directives and figures, too."""
    return [*expanded(labs.lab(*words))]


BLOCKS = {
    "bars": measured.bars,
    "capabilities": manifest.capabilities,
    "changes": manifest.changes,
    "closing": museum.closing,
    "code": listings.code,
    "demos": plans.demos,
    "diagram": diagrams.diagram,
    "diff": listings.diff,
    "doctor": doctor.findings,
    "error": museum.error,
    "exercise": exercises.exercise,
    "exercises": exercises.exercises,
    "goals": measured.goals,
    "lab": lab,
    "lesson-head": manifest.lesson_head,
    "lessons": manifest.lessons,
    "machine": measured.machine,
    "missed": measured.missed,
    "museum": museum.museum,
    "notebook": notebooks.page,
    "output": listings.output,
    "plan": plans.plan,
    "quiz": quiz.quiz,
    "section": listings.section,
    "speaker-notes": speaker.speaker_notes,
    "table": measured.table,
    "track": exercises.track,
    "versions": measured.versions,
}

# Before `fenced_code` and its kin (25), so that a listing can be a fenced block.
BEFORE_FENCES = 35


class PagesExtension(Extension):
    """Adds the directives to Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register what reads the lines of a page, and what finishes its elements."""
        md.preprocessors.register(Directives(md), "tools.pages", BEFORE_FENCES)
        glossary.register(md)
        finish.register(md)
        notes.register(md)


class Directives(Preprocessor):
    """Reads the lines of a page before Markdown does."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines with every directive replaced."""
        return [*expanded(lines), *measured.verified()]


def expanded(lines: list[str]) -> Iterator[str]:
    """Yield the lines of a page with its directives and commands replaced.

    A fenced block stays as it is, unless it has commands of the course: then it becomes
    one tab for each system.
    """
    rest = list(lines)
    while rest:
        line = rest.pop(0)
        if mark := FENCE.match(line):
            yield from commands.for_each_system([line, *taken(rest, mark[1])])
            commands.part_from(rest, line)
        elif found := DIRECTIVE.match(line):
            made = block(found["words"])
            if written := notes.taken(rest, found["indent"]):
                made = notes.marked(made, written)
            for made_line in made:
                yield found["indent"] + made_line if made_line else made_line
        else:
            yield FIGURE.sub(lambda found: figure(found[1]), line)


def taken(rest: list[str], fence: str) -> Iterator[str]:
    """Take the lines of a fenced block from the rest of a page, its end included."""
    while rest:
        line = rest.pop(0)
        yield line
        mark = FENCE.match(line)
        if mark and mark[1].startswith(fence) and line.strip() == mark[1]:
            return


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
