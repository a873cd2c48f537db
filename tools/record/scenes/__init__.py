"""The table of scenes: the name of each recording, and the function that plays it."""

from collections.abc import Callable
from contextlib import contextmanager

from course.breaks.exhibits import find
from course.changes import Change
from tools.record.stage import Stage

OUTPUTS: dict[str, Callable] = {}  # play(stage) returns the text
SCREENSHOTS: dict[str, Callable] = {}  # play(stage) is a context that gives a View
FILMS: dict[str, Callable] = {}  # play(stage) yields a page and so many milliseconds
MEASURED: set[str] = set()  # outputs whose numbers differ from run to run

# Mistakes to make on purpose: the number of the step, and the change. Its lesson tells
# the reader to make it; where there is an output of this name, it shows what comes.
MISTAKES: dict[str, tuple[str, Change]] = {}


def output(name: str, *, varies: bool = False) -> Callable:
    """Let a function be the scene that gives docs/data/outputs/NAME.txt.

    With `varies`, its numbers are measured, and another run gives others. Then the scene
    itself asserts what the page claims about them.
    """

    def enter(play: Callable[[Stage], str]) -> Callable[[Stage], str]:
        OUTPUTS[name] = play
        if varies:
            MEASURED.add(name)
        return play

    return enter


def screenshot(name: str) -> Callable:
    """Let a function be the scene of docs/en/assets/screenshots/NAME-….webp."""

    def enter(play: Callable) -> Callable:
        SCREENSHOTS[name] = contextmanager(play)
        return SCREENSHOTS[name]

    return enter


def film(name: str) -> Callable:
    """Let a function be the scene of docs/en/assets/NAME-….webp.

    Whenever it yields, the page is photographed, in each layout and scheme.
    """

    def enter(play: Callable) -> Callable:
        FILMS[name] = play
        return play

    return enter


def mistake(name: str, number: str, file: str, old: str, new: str) -> Change:
    """Enter a mistake into the table, under the name of the output that it causes."""
    change = Change(file, new, old)
    MISTAKES[name] = (number, change)
    return change


def exhibited(name: str, exhibit: str) -> Change:
    """Enter the mistake of a museum exhibit, which changes one place, into the table."""
    shown = find(exhibit)
    (change,) = shown.changes
    MISTAKES[name] = (shown.step, change)
    return change


# Each of them enters its scenes when it is imported.
from tools.record.scenes import (  # noqa: E402
    asking,  # noqa: F401
    choosing,  # noqa: F401
    database,  # noqa: F401
    doctor,  # noqa: F401
    final_frames,  # noqa: F401
    in_memory,  # noqa: F401
    loop,  # noqa: F401
    many_sockets,  # noqa: F401
    never_return,  # noqa: F401
    over_redis,  # noqa: F401
    recipes,  # noqa: F401
    redis_service,  # noqa: F401
    survives,  # noqa: F401
    teaching,  # noqa: F401
    waiting,  # noqa: F401
)
