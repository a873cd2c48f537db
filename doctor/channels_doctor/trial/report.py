"""What was tried and what came of it: for the report, and as data."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["ok", "wrong", "unknown", "note"]

MARKS = {"ok": "ok", "wrong": "WRONG", "unknown": "?", "note": ""}
WIDTH = 90
MOST_PATHS = 8  # in the line of the pages that open


@dataclass(frozen=True)
class Step:
    """One thing that was tried.

    `unknown` means that what happened says nothing about the project; a `note` tells how the
    trial was made.
    """

    name: str  # "install", "check", "import", "migrate", "start", "page", "socket", …
    outcome: Outcome
    what: str  # a sentence
    error: str = ""  # literally, as Python, pip or Django said it
    where: str = ""  # the innermost line of the project in it: "chat/consumers.py:12"
    path: str = ""  # of a page or a socket


@dataclass
class TrialReport:
    """Everything that was tried, in order."""

    steps: list[Step] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether the project started, something of each kind opened, and nothing failed."""
        opened = {step.name for step in self.steps if step.outcome == "ok"}
        tried = {step.name for step in self.steps} & {"page", "socket"}
        return (
            "start" in opened
            and bool(tried)
            and tried <= opened
            and not self.has_failed
        )

    @property
    def was_tried(self) -> bool:
        """Whether it came far enough to say something about the project."""
        names = {step.name for step in self.steps if step.outcome == "ok"}
        return bool(names - {"install", "redis"}) or self.has_failed

    @property
    def has_failed(self) -> bool:
        """Whether something of the project doesn't work."""
        return any(step.outcome == "wrong" for step in self.steps)

    @property
    def lines(self) -> list[str]:
        """The report, line by line; the last line sums it up."""
        rows = []
        for step in with_pages_together(self.steps):
            rows += wrapped(f"{MARKS[step.outcome]:5}  {step.what}")
            place = f"{step.where}: " if step.where else ""
            if step.error:
                first, *more = step.error.split("\n")
                rows += [f"       {place}{first}", *(f"       {row}" for row in more)]
        return [*rows, self.summary]

    @property
    def summary(self) -> str:
        """One sentence."""
        if self.works:
            return "It works: it was started, and everything that was opened answered."
        if self.has_failed:
            count = sum(step.outcome == "wrong" for step in self.steps)
            things = "One thing doesn't" if count == 1 else f"{count} things don't"
            return f"{things} work."
        if self.was_tried:
            return "Nothing failed, but the trial couldn't tell whether it works."
        return "The trial couldn't tell whether it works."

    def as_data(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "works": self.works,
            "was_tried": self.was_tried,
            "steps": [vars(step) for step in self.steps],
        }


def with_pages_together(steps: list[Step]) -> Iterator[Step]:
    """Yield the steps, but the pages that open in one, and those that nothing is known of."""
    pages = [step for step in steps if step.name == "page" and not step.error]
    opened = [step for step in pages if step.outcome == "ok"]
    others = [step for step in pages if step.outcome == "unknown"]
    for step in steps:
        if step not in [*opened, *others]:
            yield step
        elif opened and step is opened[0]:
            paths = list(dict.fromkeys(one.path for one in opened))
            count = "One page opens" if len(paths) == 1 else f"{len(paths)} pages open"
            yield Step("page", "ok", f"{count}: {listed(paths)}")
        elif others and step is others[0]:
            whats = dict.fromkeys(one.what for one in others)
            yield Step("page", "unknown", listed(list(whats)))


def wrapped(row: str) -> list[str]:
    """Return a sentence in lines of the report's width; the URLs in it stay whole."""
    options = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.wrap(row, WIDTH, subsequent_indent=" " * 7, **options)


def listed(texts: list[str]) -> str:
    """Return some of them, and how many more there are."""
    more = len(texts) - MOST_PATHS
    return "; ".join(texts[:MOST_PATHS]) + (f"; and {more} more" if more > 0 else "")
