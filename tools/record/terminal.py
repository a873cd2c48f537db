"""A command in a terminal, and what a reader would see of it."""

import re
import signal
from pathlib import Path

from course.processes import Process
from tools.record.natural import OF_A_SERVER, Natural

READY = "Ctrl-C stops everything."  # the end of what `course run` says at the start


class Terminal:
    """A command that runs for as long as the `with` block.

    `typed` is the command as a reader types it; the real one may name a free port.
    """

    def __init__(
        self,
        typed: str,
        command: list[str],
        folder: Path,
        natural: Natural,
        log: Path,
        env: dict[str, str],
    ) -> None:
        self.typed = typed
        self.natural = natural
        self.start = 0  # so many lines are those of the start of `course run`
        env = {"PYTHONUTF8": "1", "NO_COLOR": "1"} | env
        self.process = Process(f"`{typed}`", command, folder, log, env)

    def __enter__(self) -> "Terminal":
        self.process.__enter__()
        return self

    def __exit__(self, *_) -> None:
        self.process.__exit__(*_)

    @property
    def printed(self) -> str:
        """What the command has printed up to now."""
        log = self.process.log
        return log.read_text("utf-8") if log.exists() else ""

    def until(self, text: str, times: int = 1) -> "Terminal":
        """Wait for a text that the command prints."""
        self.process.wait_until(lambda: self.printed.count(text) >= times)
        return self

    def started(self, last: str = "", servers: int = 1) -> "Terminal":
        """Wait until `course run` is ready; its lines up to now are those of the start.

        With `last`, each server must also have said this, the end of its own start.
        """
        self.until(READY).until(last, servers)
        self.start = len(self.printed.splitlines())
        return self

    @property
    def lines(self) -> list[str]:
        """What the command has printed up to now, with the start in its usual order.

        The tool reads what a server says in a thread; on a busy machine that comes late,
        even after what the tool says once the server answers.
        """
        lines = self.printed.splitlines(keepends=True)
        start, since = lines[: self.start], lines[self.start :]
        theirs = [line for line in start if re.match(OF_A_SERVER, line)]
        ours = [line for line in start if not re.match(OF_A_SERVER, line)]
        return [*ours[:1], *theirs, *ours[1:], *since]

    def to_the_end(self) -> "Terminal":
        """Wait until the command has ended by itself."""
        self.process.popen.wait(60)
        self.process.reader.join()
        return self

    def interrupted(self) -> str:
        """Press Ctrl-C; return the whole text."""
        count = len(self.lines)
        self.process.popen.send_signal(signal.SIGINT)
        self.to_the_end()
        before, after = "".join(self.lines[:count]), "".join(self.lines[count:])
        return f"$ {self.typed}\n{self.natural(before)}\n^C{self.natural(after)}"

    def text(self, since: str = "", up_to: str = "") -> str:
        """Return the command and what it has printed, as a reader sees it.

        With `since`, the lines before the first one with this text are left out; with
        `up_to`, those after the first one with that.
        """
        lines = self.natural("".join(self.lines)).splitlines()
        if since:
            lines = ["…", *lines[first_with(since, lines) :]]
        if up_to:
            lines = lines[: first_with(up_to, lines) + 1]
        return "\n".join([f"$ {self.typed}", *lines])


def first_with(text: str, lines: list[str]) -> int:
    """Return the index of the first line that holds a text."""
    return next(index for index, line in enumerate(lines) if text in line)
