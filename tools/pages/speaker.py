"""What an instructor says beside the slides of a lesson: docs/data/notes/NN.toml.

Each note belongs to a heading of a page; "start" is what comes before the first one.

page     the page, from docs/en/lessons; without it, the page of the lesson
heading  the id of the heading
say      sentences, in their order
ask      a question to the class
wrong    the usual wrong answer, and
reply    what to say then
plan_b   what to do if the demo fails
minutes  of the demo; a note without them is for a class with more time

assets/notes.js shows the note of the screen that is projected.
"""

import re
import tomllib
from dataclasses import dataclass, field

from markdown.extensions.toc import slugify

from course.errors import CourseError
from course.steps import DATA, ROOT, Step, load_steps
from tools.pages import measured
from tools.pages.manifest import PAGES, lesson

NOTES = DATA / "notes"
START = "start"
FENCE = re.compile(r"^\s*(```|~~~)")
HEADING = re.compile(r"^#{2,3} (?P<title>.+?)(?: \{ (?:#(?P<id>\S+))?[^}]*\})?$")
FIGURE = re.compile(r"\{\{ +([^{}]+?) +\}\}")
MARKUP = re.compile(r"[`*]")
PARTS = {
    "say": "Say",
    "ask": "Ask",
    "wrong": "The usual wrong answer",
    "reply": "Reply",
    "plan_b": "If it fails",
}


@dataclass
class Note:
    """What to say at one heading of a page."""

    page: str
    heading: str
    title: str
    minutes: int = 0
    texts: dict[str, str | list[str]] = field(default_factory=dict)


def notes_of(step: Step) -> list[Note]:
    """Return the notes of a lesson; raise CourseError if one has lost its heading."""
    path = NOTES / f"{step.number}.toml"
    rows = tomllib.loads(path.read_text("utf-8"))["note"]
    try:
        return [note_of(row, step) for row in rows]
    except CourseError as problem:
        raise CourseError(f"{path.relative_to(ROOT)}: {problem}") from None


def note_of(row: dict, step: Step) -> Note:
    """Return one note."""
    own = lesson(step).removeprefix("lessons/").removesuffix(".md")
    page, heading = row.pop("page", own), row.pop("heading")
    titles = headings_of(page)
    if heading not in titles:
        known = ", ".join(titles)
        raise CourseError(f'{page} has no heading "{heading}". There are: {known}.')
    note = Note(page, heading, titles[heading], row.pop("minutes", 0), row)
    if unknown := set(row) - set(PARTS):
        raise CourseError(f'a note has no "{unknown.pop()}"')
    return note


def headings_of(page: str) -> dict[str, str]:
    """Return the headings of a lesson's page by their ids, beginning with its title."""
    text = (PAGES / "lessons" / f"{page}.md").read_text("utf-8")
    found = {START: re.search("^# (.+)$", text, re.MULTILINE)[1]}
    is_code = False
    for line in text.splitlines():
        if FENCE.match(line):
            is_code = not is_code
        elif not is_code and (heading := HEADING.match(line)):
            title = MARKUP.sub("", heading["title"])
            found[heading["id"] or slugify(title, "-")] = title
    return found


def speaker_notes() -> list[str]:
    """Return the notes of all lessons, to print, and to show beside the slides."""
    lines = []
    for step in load_steps():
        page = None
        for note in notes_of(step):
            if note.page != page:
                page = note.page
                minutes = sum(one.minutes for one in notes_of(step) if one.page == page)
                lines += ["", f"## {headings_of(page)[START]} {{ #{anchor(page)} }}"]
                lines += ["", f"[The lesson](../lessons/{page}.md) · {minutes} minutes"]
            lines += section(note)
    return lines


def section(note: Note) -> list[str]:
    """Return one note as a section that notes.js finds."""
    minutes = f" · {note.minutes} min" if note.minutes else " · if there's time"
    title = "Start" if note.heading == START else note.title
    attributes = (
        f'class="speaker-note" data-deck="{note.page}"'
        f' data-heading="{note.heading}" data-minutes="{note.minutes}"'
    )
    lines = ["", f"<section {attributes} markdown>", ""]
    lines += [f"### {title}{minutes} {{ #{anchor(note.page)}--{note.heading} }}", ""]
    for key, name in PARTS.items():
        texts = note.texts.get(key, [])
        if texts:
            all_texts = [texts] if isinstance(texts, str) else texts
            lines += [name, *(f":   {filled(text)}\n" for text in all_texts), ""]
    return [*lines, "</section>", ""]


def anchor(page: str) -> str:
    """Return the id of the notes of a page."""
    return f"notes-{page.replace('/', '-')}"


def filled(text: str) -> str:
    """Return a text with its figures."""
    return FIGURE.sub(lambda found: measured.figure(*found[1].split()), text)
