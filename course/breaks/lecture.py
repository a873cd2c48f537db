"""A break in front of a class: the change, a prediction, the result and why, in turn.

The title says what comes, so that it's hidden until the result.
"""

import shutil

from course.breaks import cards
from course.breaks.cards import BOLD, DIM, GAP, Row
from course.breaks.exhibits import Exhibit
from course.breaks.scenes import SCENES
from course.breaks.stage import Stage
from course.breaks.terminal import Terminal
from course.run import say

CHANGE, PREDICTION, RESULT, WHY = range(4)
NAMES = ["The change", "Your prediction", "The result", "Why"]
FOLLOWING = ["the prediction", "run it", "why", "the end"]
AROUND = 4  # rows of the heading and of the keys, with an empty one beside each


class Lecture:
    """The parts of one break. `stage` is set before the first of them is shown."""

    stage: Stage

    def __init__(self, exhibit: Exhibit) -> None:
        self.exhibit = exhibit
        self.told: list[str] = []  # what is done, as long as it runs
        self.outcomes: list[str] | None = None  # what people got; None before the run
        self.printed: list[str] = []
        self.terminal: Terminal | None = None

    @property
    def has_run(self) -> bool:
        """Tell whether the result is known."""
        return self.outcomes is not None

    def tell(self, text: str) -> None:
        """Show what is being done."""
        self.told.append(text)
        if self.terminal:
            self.draw_happening()
        else:
            say(f"  {text}")

    def run(self) -> None:
        """Play the scene on the broken copy, and keep what comes of it."""
        outcomes = SCENES[self.exhibit.scene](self.stage)
        self.stage.wait_for(self.exhibit.says)
        self.printed = self.stage.readable()
        self.outcomes = outcomes

    def rows(self, part: int, width: int, height: int) -> list[Row]:
        """Return what one part shows on a screen of this size."""
        exhibit = self.exhibit
        if part == CHANGE:
            return cards.change(exhibit, self.diff, width, height)
        if part == PREDICTION:
            return cards.prediction(exhibit, width)
        if part == RESULT:
            return cards.result(exhibit, self.outcomes, self.printed, width, height)
        return cards.why(exhibit, width)

    def diff(self, context: int) -> list[str]:
        """Return what is changed, with so many lines around it."""
        return self.exhibit.diff(self.stage.folder, context)

    def heading(self, part: int) -> str:
        """Return what is above a part; the name of a break can give its effect away."""
        exhibit = self.exhibit
        is_open = part >= RESULT and self.has_run
        name = f"{exhibit.name} · " if is_open else ""
        return f"{name}Step {exhibit.step} · {without_marks(exhibit.does)}"

    # ---- On a terminal ------------------------------------------------------------------

    def hold(self, terminal: Terminal) -> None:
        """Show the parts, one at a time, as the keys say; return at the end."""
        self.terminal = terminal
        part = page = 0
        while part <= WHY:
            if part == RESULT and not self.has_run:
                self.draw_happening()
                self.run()
                terminal.forget_keys()
            page, number = self.draw(part, page)
            match terminal.key():
                case "next" if page + 1 < number:
                    page += 1
                case "next":
                    part, page = part + 1, 0
                case "back" if page:
                    page -= 1
                case "back" if part:
                    part, page = part - 1, -1
                case "all" if part == RESULT:
                    self.show_everything()
                case "quit":
                    return

    def draw(self, part: int, page: int) -> tuple[int, int]:
        """Draw one page of a part, -1 for the last; return its number, and how many."""
        width, height = self.terminal.measure()
        room = height - AROUND
        pages = cards.pages(self.rows(part, width, room), room)
        page = range(len(pages))[min(page, len(pages) - 1)]
        is_last = page == len(pages) - 1
        keys = f"Enter: {FOLLOWING[part] if is_last else 'more'}"
        keys += "   p: previous" if part or page else ""
        keys += "   t: the whole terminal" if part == RESULT else ""
        self.draw_page(
            part, pages[page], f"{keys}   q: quit", counter(page, len(pages))
        )
        return page, len(pages)

    def draw_page(
        self, part: int, rows: list[Row], keys: str, number: str = ""
    ) -> None:
        """Draw rows between a heading and the keys that help now."""
        width, height = self.terminal.measure()
        where = f"{part + 1}/{len(NAMES)} {NAMES[part]}{number}"
        heading = beside(self.heading(part), where, width)
        room = height - AROUND
        rows = [*rows[:room], *[GAP] * (room - len(rows))]
        footer = Row(keys[:width], DIM)
        self.terminal.draw([Row(heading, BOLD), GAP, *rows, GAP, footer])

    def draw_happening(self) -> None:
        """Draw what is being done."""
        width, height = self.terminal.measure()
        rows = cards.happening(self.told, width, height - AROUND)
        self.draw_page(RESULT, rows, "Running …   Ctrl-C: stop")

    def show_everything(self) -> None:
        """Show all that was done and printed, until it's left or read to its end."""
        page = 0
        while True:
            width, height = self.terminal.measure()
            room = height - AROUND
            rows = cards.everything(self.told, self.printed, width)
            pages = cards.pages(rows, room)
            page = min(page, len(pages) - 1)
            following = "more" if page + 1 < len(pages) else "the result"
            keys = f"Enter: {following}   p: previous   q: the result"
            self.draw_page(RESULT, pages[page], keys, counter(page, len(pages)))
            match self.terminal.key():
                case "next" if page + 1 < len(pages):
                    page += 1
                case "back" if page:
                    page -= 1
                case "next" | "back" | "all" | "quit":
                    return

    # ---- Elsewhere ----------------------------------------------------------------------

    def print_all(self) -> None:
        """Print the parts one after the other."""
        width = shutil.get_terminal_size().columns
        for part, name in enumerate(NAMES):
            say(f"{part + 1}/{len(NAMES)} {name}: {self.heading(part)}\n")
            if part == RESULT:
                self.run()
                say("")
            for row in self.rows(part, width, height=1000):
                say(row.text)
            say("")


def counter(page: int, number: int) -> str:
    """Return which page of how many it is; nothing if there's only one."""
    return f", {page + 1} of {number}" if number > 1 else ""


def beside(left: str, right: str, width: int) -> str:
    """Return two texts at the two ends of a row; the left one is cut if need be."""
    room = width - len(right) - 2
    if room < 1:
        return right[:width]
    if len(left) > room:
        left = f"{left[: room - 1]}…"
    return f"{left}{right:>{width - len(left)}}"


def without_marks(text: str) -> str:
    """Return a text without the marks of code."""
    return text.replace("`", "")
