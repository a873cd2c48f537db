"""The labs out of docs/data/labs: ideas to move, each with a text that says the same.

A lab is one file, NAME.md: TOML between two lines `+++`, and the text after it.

    title     what the lab is about
    height    rem that it takes beside its text, wide and on a phone: nothing jumps
    try       questions: predict, then try
    figures   names, each with the place in docs/data that its number comes from:
              RUN SCENARIO CHAT COLUMN, as in `{{ … }}`, or
              sent NAME and received NAME, the bytes of one direction of a recorded
              exchange: the lines with `>` or `<` of docs/data/outputs/NAME.txt

In the text, `{{ NAME }}` is one of these numbers.

assets/labs.js starts assets/labs/NAME.js in the place that is left for it. Without it,
the text is open and the rest hidden.
"""

import html
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.steps import DATA
from tools.pages import measured

LABS = DATA / "labs"
OUTPUTS = DATA / "outputs"
OWN = re.compile(r"\{\{ +(\w+) +\}\}")
DIRECTIONS = {"sent": ">", "received": "<"}


@dataclass(frozen=True)
class Lab:
    """One lab: its questions, where its numbers come from, and its text."""

    title: str
    height: tuple[float, float]
    questions: list[str]
    sources: dict[str, str]
    text: str

    @property
    def figures(self) -> dict[str, float]:
        """Its numbers, as they are in docs/data."""
        return {name: number(source) for name, source in self.sources.items()}

    @property
    def words(self) -> str:
        """Its text, with its own numbers."""
        return OWN.sub(lambda found: self.written(found[1]), self.text)

    def written(self, name: str) -> str:
        """Return one of its numbers for a sentence."""
        if name not in self.sources:
            raise CourseError(f'its text has "{name}", which is not among its figures')
        return measured.digits(self.figures[name], 3)


def load(name: str) -> Lab:
    """Return one lab."""
    path = LABS / f"{name}.md"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in LABS.glob("*.md")))
        raise CourseError(f'there is no lab "{name}". There are: {known}.')
    return read(path)


def read(path: Path) -> Lab:
    """Return what a file says of a lab."""
    _, head, text = path.read_text("utf-8").split("+++\n", 2)
    data = tomllib.loads(head)
    return Lab(
        title=data["title"],
        height=tuple(data["height"]),
        questions=data["try"],
        sources=data.get("figures", {}),
        text=text.strip(),
    )


def number(source: str) -> float:
    """Return the number that a source in docs/data has."""
    kind, *words = source.split()
    if kind in DIRECTIONS and len(words) == 1:
        return crossed(words[0], DIRECTIONS[kind])
    if len(words) != 3:
        raise CourseError(
            f'"{source}" is not the place of a figure: RUN SCENARIO CHAT COLUMN,'
            " or sent or received and the name of an output"
        )
    measured.column(words[-1])
    value = measured.figures_of(kind).of(*words)
    if value is None:
        raise CourseError(f'"{source}" was not measured')
    return value


def crossed(name: str, direction: str) -> int:
    """Return the bytes of one direction of a recorded HTTP exchange."""
    path = OUTPUTS / f"{name}.txt"
    if not path.is_file():
        raise CourseError(f'no output was recorded as "{name}"')
    lines = [
        line[2:]
        for line in path.read_text("utf-8").splitlines()
        if line.startswith(direction)
    ]
    # Each line ends with two bytes, but for the body, which is the last one.
    body = lines.pop() if lines and "" in lines[:-1] else ""
    return sum(len(line.encode()) + 2 for line in lines) + len(body.encode())


def lab(name: str) -> list[str]:
    """Return a lab: what to try, a place for it, and its text."""
    one = load(name)
    wide, narrow = one.height
    title = html.escape(one.title)
    figures = html.escape(json.dumps(one.figures))
    return [
        "",
        f'<section class="lab" id="lab-{name}" data-lab="{name}"'
        f' data-figures="{figures}" aria-label="Lab: {title}" markdown>',
        "",
        '<div class="lab-try" data-search-exclude="" markdown>',
        "",
        # Not Markdown, so that no word of it gets a tooltip, and not for the contents.
        f'<p class="lab-title" role="heading" aria-level="3" markdown="0">{title}</p>',
        "",
        *(f"{number}. {question}" for number, question in enumerate(one.questions, 1)),
        "",
        "</div>",
        "",
        f'<div class="lab-place" style="--wide: {wide}rem; --narrow: {narrow}rem"></div>',
        "",
        '???+ note "The same in words"',
        "",
        *(f"    {line}" if line else "" for line in one.words.splitlines()),
        "",
        "</section>",
        "",
    ]
