"""The screens of a class: one for each idea, with the real chats behind it.

A screen is two files with one name. The TOML file has what is shown and what the
instructor says; its keys are the fields of Screen and Notes. The Python file has
`run(stage)`, which lets people use the real chats, and tells the projector what happens.
"""

import functools
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from course.errors import CourseError

# In the order of the lessons.
NAMES = [
    "asking",
    "threads",
    "wall",
    "redis",
    "burst",
    "restart",
    "catch-up",
    "race",
    "class",
]

PHASES = ["predict", "run", "reveal", "keep"]


@dataclass(frozen=True)
class Notes:
    """What the instructor sees in the second window."""

    say: str
    ask: str
    wrong: str  # the usual wrong answer
    reply: str  # … and how to reply to it
    plan_b: str


@dataclass(frozen=True)
class Screen:
    """One idea: a prediction, a run, the figures of that run, a sentence to keep."""

    name: str
    title: str
    hidden: bool  # the title gives the answer away: not shown before the reveal
    scene: str  # one neutral sentence above the run
    lesson: str  # the page of the lesson, on the site
    minutes: int
    seconds: int  # the longest that a run may take; 0: until the next key
    question: str
    choices: tuple[str, ...]
    right: int  # counted from 1
    keep: str
    notes: Notes

    def lesson_at(self, site: str) -> str:
        """Return the address of its lesson, where the site is served."""
        return f"{site}{self.lesson.removesuffix('.md')}.html"

    @property
    def run(self) -> Callable[..., Awaitable[None]]:
        """The coroutine function that plays it on a Stage."""
        module = "classroom" if self.name == "class" else self.name.replace("-", "_")
        return import_module(f"{__name__}.{module}").run


@functools.cache
def load(name: str) -> Screen:
    """Return the screen that a TOML file describes."""
    path = Path(__file__).with_name(f"{name}.toml")
    content = tomllib.loads(path.read_text("utf-8"))
    content["notes"] = Notes(**content["notes"])
    content["choices"] = tuple(content["choices"])
    return Screen(name=name, **content)


def all() -> list[Screen]:
    """Return the screens in their order."""
    return [load(name) for name in NAMES]


def find(name: str) -> Screen:
    """Return the screen of a name; raise CourseError if there is none."""
    if name not in NAMES:
        raise CourseError(
            f'There is no screen "{name}". The screens are: {", ".join(NAMES)}.'
        )
    return load(name)


def after(name: str) -> Screen | None:
    """Return the screen that follows, or None after the last one."""
    following = NAMES[NAMES.index(name) + 1 :]
    return load(following[0]) if following else None
