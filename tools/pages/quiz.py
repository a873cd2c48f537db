"""The quizzes out of docs/data/quiz: questions that assets/quiz.js makes interactive.

Without JavaScript, each question has a list of choices, and its answer folded below. The
script moves the explanations from the answer to the choices, so both have one source.
"""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from markdown.extensions.toc import slugify

from course.errors import CourseError
from course.steps import DATA, ROOT
from tools.pages.listings import code, fenced, folded

QUIZZES = DATA / "quiz"
PAGES = ROOT / "docs" / "en"
HEADING = re.compile(r"^#{1,6} (.+?)(?: *\{ *#([\w-]+)[^}]*\})?$", re.MULTILINE)
# What a reader does, by the kind of a question.
KINDS = {
    "one": "Choose one.",
    "several": "Choose all that are true.",
    "order": "Put these in order.",
    "output": "Predict what this prints. Choose one.",
    "line": "Choose one line of the code.",
}
VERDICTS = {
    "one": ("Not this one.", "Right."),
    "several": ("Not true.", "True."),
}


@dataclass(frozen=True)
class Choice:
    """One choice; `place` is where it belongs, if the choices are put in order."""

    text: str
    why: str
    right: bool = False
    place: int = 0


@dataclass(frozen=True)
class Question:
    """One question, about a part of a page that has a heading."""

    name: str
    kind: str
    ask: str
    page: str
    heading: str
    choices: list[Choice] = field(default_factory=list)
    code: str = ""  # what `::: code` shows
    run: str = ""  # a program that uses it, in Python

    @cached_property
    def right(self) -> list[int]:
        """The numbers of the right choices, from 1; of an order, in that order."""
        numbered = list(enumerate(self.choices, 1))
        if self.kind == "order":
            return [
                number for number, _ in sorted(numbered, key=lambda one: one[1].place)
            ]
        return [number for number, choice in numbered if choice.right]

    @property
    def anchor(self) -> str:
        """The id of its heading; raise CourseError if the page has no such heading."""
        path = PAGES / self.page
        text = path.read_text("utf-8") if path.is_file() else ""
        ids = {
            title: own or slugify(title.replace("`", ""), "-")
            for title, own in HEADING.findall(text)
        }
        if self.heading not in ids:
            raise CourseError(f'{self.page} has no heading "{self.heading}"')
        return ids[self.heading]


def load(number: str) -> list[Question]:
    """Return the questions of one quiz."""
    path = QUIZZES / f"{number}.toml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in QUIZZES.glob("*.toml")))
        raise CourseError(f'there is no quiz "{number}". There are: {known}.')
    return list(read(path))


def read(path: Path):
    """Yield the questions of a file."""
    bank = tomllib.loads(path.read_text("utf-8"))
    for entry in bank["question"]:
        choices = [Choice(**one) for one in entry.pop("choice")]
        yield Question(**{"page": bank["page"]} | entry, choices=choices)


def quiz(number: str) -> list[str]:
    """Return all questions of one quiz."""
    questions = load(number)
    lines = ["", f'<div id="quiz" data-quiz="{number}"></div>', ""]
    for position, question in enumerate(questions, 1):
        lines += ["", f"## Question {position}", "", *shown(question)]
    return lines


def shown(question: Question) -> list[str]:
    """Return the lines of one question: what it asks, the choices, the answer."""
    right = ",".join(map(str, question.right))
    head = (
        f'data-name="{question.name}" data-kind="{question.kind}" data-right="{right}"'
    )
    lines = [f'<section class="question" {head} markdown>', ""]
    lines += [*question.ask.strip().splitlines(), ""]
    if question.code:
        lines += code(*question.code.split())
    if question.run:
        lines += fenced("python", question.run.strip().splitlines())
    lines += [f"*{KINDS[question.kind]}*", "{: .how }", ""]
    for number, choice in enumerate(question.choices, 1):
        lines.append(f"{number}. {choice.text}")
    return [
        *lines,
        "",
        *folded("success", "Answer", answer(question)),
        "</section>",
        "",
    ]


def answer(question: Question) -> list[str]:
    """Return the explanation of each choice, and where to read more."""
    lines = []
    for number, choice in enumerate(question.choices, 1):
        verdict = VERDICTS.get(question.kind, VERDICTS["one"])[number in question.right]
        if question.kind == "order":
            verdict = f"Number {choice.place}."
        lines.append(f"{number}. **{verdict}** {choice.why}")
    # From the folder of the quizzes, beside that of the lessons.
    link = f"[{question.heading}](../{question.page}#{question.anchor})"
    return [*lines, "", f"Read again: {link}"]
