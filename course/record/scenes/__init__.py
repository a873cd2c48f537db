"""The table of scenes: the name of each recording, and the function that plays it."""

from collections.abc import Callable
from contextlib import contextmanager

from course.record.stage import Edit, Stage

OUTPUTS: dict[str, Callable] = {}  # play(stage) returns the text
SCREENSHOTS: dict[str, Callable] = {}  # play(stage) is a context that gives the page

# Mistakes to make on purpose: the number of the step, and the edit. Its lesson tells
# the reader to make it; where there is an output of this name, it shows what comes.
MISTAKES: dict[str, tuple[str, Edit]] = {}


def output(name: str) -> Callable:
    """Let a function be the scene that gives docs/data/outputs/NAME.txt."""

    def enter(play: Callable[[Stage], str]) -> Callable[[Stage], str]:
        OUTPUTS[name] = play
        return play

    return enter


def screenshot(name: str) -> Callable:
    """Let a function be the scene of docs/en/assets/screenshots/NAME-….png."""

    def enter(play: Callable) -> Callable:
        SCREENSHOTS[name] = contextmanager(play)
        return SCREENSHOTS[name]

    return enter


def mistake(name: str, number: str, path: str, old: str, new: str) -> Edit:
    """Enter a mistake into the table, under the name of what it makes to see."""
    edit = Edit(path, old, new)
    MISTAKES[name] = (number, edit)
    return edit


# Each of them enters its scenes when it is imported.
from course.record.scenes import asking, in_memory, over_redis, waiting  # noqa: E402, F401
