"""A terminal that shows one screen at a time, and the keys that are pressed there."""

import contextlib
import os
import re
import shutil
import sys
import time
from collections import deque
from types import TracebackType

from course.breaks.cards import Row

if os.name == "nt":
    import msvcrt
else:
    import select
    import termios
    import tty

OTHER_SCREEN, FIRST_SCREEN = "\033[?1049h\033[?25l", "\033[?25h\033[?1049l"
CURSOR_HOME, REST_OF_LINE, REST_OF_SCREEN = "\033[H", "\033[K", "\033[J"
LOOK = 0.2  # seconds between two looks at the terminal's size
MARGIN = 1  # columns on each side

# What a keyboard sends, or a presenter's clicker: page down, page up.
KEYS = {
    "next": {"\r", "\n", " ", "n", "\033[C", "\033OC", "\033[B", "\033OB", "\033[6~"},
    "back": {"p", "\x7f", "\b", "\033[D", "\033OD", "\033[A", "\033OA", "\033[5~"},
    "all": {"t"},
    "quit": {"q", "\033"},
}
ON_WINDOWS = {"M": "\033[C", "P": "\033[B", "Q": "\033[6~"} | {
    "K": "\033[D",
    "H": "\033[A",
    "I": "\033[5~",
}
ONE_KEY = re.compile(r"\033\[[\d;]*[~A-Za-z]|\033O.|.", re.DOTALL)
RESIZED = "resized"


def size() -> os.terminal_size:
    """Return the terminal's columns and rows, as it is now.

    From the terminal itself: COLUMNS and LINES, if something has set them, don't follow a
    window that gets larger.
    """
    with contextlib.suppress(OSError):
        found = os.get_terminal_size(sys.stdout.fileno())
        if found.columns and found.lines:
            return found
    return shutil.get_terminal_size()


class Terminal:
    """The terminal, on its second screen for as long as the `with` block."""

    def __init__(self) -> None:
        self.typed = deque()
        self.size = (0, 0)
        self.coloured = "NO_COLOR" not in os.environ

    @staticmethod
    def is_there() -> bool:
        """Tell whether a person sits at a terminal that can draw."""
        is_dumb = os.environ.get("TERM") == "dumb"
        return sys.stdin.isatty() and sys.stdout.isatty() and not is_dumb

    def __enter__(self) -> "Terminal":
        if os.name == "nt":
            os.system("")  # an old console then understands what follows
        else:
            self.before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSANOW)
            modes = termios.tcgetattr(sys.stdin)
            modes[6][termios.VSUSP] = b"\0"  # Ctrl-Z would leave the screen as it is
            termios.tcsetattr(sys.stdin, termios.TCSANOW, modes)
        self.write(OTHER_SCREEN)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self.write(FIRST_SCREEN)
        if os.name != "nt":
            with contextlib.suppress(termios.error):
                termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, self.before)

    @staticmethod
    def write(text: str) -> None:
        """Send text to the terminal at once."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def measure(self) -> tuple[int, int]:
        """Return the columns and rows for texts, as the terminal is now."""
        self.size = size()
        return max(self.size[0] - 2 * MARGIN, 10), max(self.size[1], 5)

    def draw(self, rows: list[Row]) -> None:
        """Show these rows, and nothing else."""
        lines = [" " * MARGIN + self.painted(row) + REST_OF_LINE for row in rows]
        shown = "\n".join(lines[: self.size[1]])
        self.write(CURSOR_HOME + shown + REST_OF_SCREEN)

    def painted(self, row: Row) -> str:
        """Return the text of a row in its style, cut at the edge of a tiny terminal."""
        text, style = row.text[: max(self.size[0] - 2 * MARGIN, 1)], row.style
        if not self.coloured and style not in {"1", "2"}:
            style = ""
        return f"\033[{style}m{text}\033[0m" if style and text else text

    # ---- Keys ---------------------------------------------------------------------------

    def key(self) -> str:
        """Return what the next known key means, or RESIZED if the size has changed."""
        while True:
            while self.typed:
                pressed = self.typed.popleft()
                for meaning, keys in KEYS.items():
                    if pressed in keys:
                        return meaning
            if size() != self.size:
                return RESIZED
            self.typed.extend(self.read())

    def read(self) -> list[str]:
        """Return the keys that are pressed within a moment."""
        if os.name == "nt":
            return self.read_on_windows()
        if not select.select([sys.stdin], [], [], LOOK)[0]:
            return []
        data = os.read(sys.stdin.fileno(), 1024)
        if not data:
            return ["q"]  # the terminal is closed
        return ONE_KEY.findall(data.decode("utf-8", "replace"))

    @staticmethod
    def read_on_windows() -> list[str]:
        """Return the key that is pressed within a moment, under the name that Linux has."""
        give_up = time.monotonic() + LOOK
        while not msvcrt.kbhit():
            if time.monotonic() > give_up:
                return []
            time.sleep(0.02)
        pressed = msvcrt.getwch()
        if pressed == "\x03":
            raise KeyboardInterrupt
        if pressed in {"\0", "\xe0"}:
            return [ON_WINDOWS.get(msvcrt.getwch(), "")]
        return [pressed]

    def forget_keys(self) -> None:
        """Forget what was pressed while nothing was asked."""
        self.typed.clear()
        if os.name != "nt":
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
            return
        while msvcrt.kbhit():
            msvcrt.getwch()
