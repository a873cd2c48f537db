"""The error in what a program printed: its last line, and the project's line that it is about."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

FRAME = re.compile(r'^\s*File "([^"\n]+)", line (\d+)', re.MULTILINE)
# "ValueError: No route found", "django.core.exceptions.ImproperlyConfigured: …"
LAST_LINE = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$")
START = "Traceback (most recent call last):"
# What the servers and Django print where there is no traceback.
PLAIN = re.compile(
    r"^(?:CommandError|Error|ERROR|usage error): .+|^.+: No module named \S+$"
)
IS_CHECK = re.compile(r"^\S.*: \(\w+\.E\d+\) .+")

HIDDEN = [
    (re.compile(r"(\w+://[^\s:/@'\"]*):[^\s@'\"]+@"), r"\1:***@"),
    (
        re.compile(
            r"((?:secret|password|passwd|token|api_?key)\w*['\"]?\s*[=:]\s*['\"]?)[^\s'\",}]{4,}",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
]
LONGEST = 400  # characters of a message


@dataclass(frozen=True)
class Failure:
    """An error as it was printed, and where in the project it happened."""

    error: str
    where: str = ""

    @property
    def kind(self) -> str:
        """The exception's class, without its module: "KeyError"."""
        return self.error.partition(":")[0].rpartition(".")[2]

    @property
    def message(self) -> str:
        """What follows the class."""
        return self.error.partition(": ")[2]


def find_failure(output: str, folder: Path) -> Failure | None:
    """Return the last error in what was printed by a project in this folder, or None."""
    blocks = output.split(START)[1:]
    for number in range(len(blocks) - 1, -1, -1):
        if error := last_line_of(blocks[number]):
            # Django re-raises much from its own code: then the first one tells the line.
            places = (
                place_in(block, folder) for block in reversed(blocks[: number + 1])
            )
            return Failure(hide(error), next(filter(None, places), ""))
    return plain_failure(output, folder)


def plain_failure(output: str, folder: Path) -> Failure | None:
    """Return an error that was printed without a traceback."""
    lines = [line.strip() for line in output.splitlines()]
    for line in lines:
        if IS_CHECK.match(line):
            return Failure(hide(line), "")
    for line in reversed(lines):
        if PLAIN.match(line):
            return Failure(hide(line), "")
    return None


def last_line_of(block: str) -> str:
    """Return "Type: message" of a traceback; "" if the text is cut off before it."""
    lines = block.splitlines()
    in_frames = True
    for number, line in enumerate(lines):
        if not line.strip() or line.startswith((" ", "\t")):
            continue
        found = LAST_LINE.match(line)
        if found and in_frames:
            return with_more_lines(line, lines[number + 1 :])
    return ""


def with_more_lines(line: str, rest: list[str]) -> str:
    """Return the message with its second line, if the first one ends in a colon."""
    more = next((one.strip() for one in rest if one.strip()), "")
    if line.endswith(":") and more:
        line = f"{line} {more}"
        issue = next((one.strip() for one in rest if IS_CHECK.match(one.strip())), "")
        line = issue or line
    return line


def place_in(block: str, folder: Path) -> str:
    """Return the innermost line of the project: "chat/views.py:7"; "" if there is none."""
    roots = {os.path.realpath(folder), str(folder)}
    for file, number in reversed(FRAME.findall(block)):
        for root in roots:
            if is_inside(file, root):
                relative = os.path.relpath(file, root).replace(os.sep, "/")
                return f"{relative}:{number}"
    return ""


def is_inside(file: str, root: str) -> bool:
    """Tell whether a file is one of the project's own."""
    # Every error of a command passes through manage.py, which is never to blame.
    is_own = file.startswith(root + os.sep) and "site-packages" not in file
    return is_own and os.path.basename(file) != "manage.py"


def hide(text: str, longest: int = LONGEST) -> str:
    """Return a message without passwords, and not too long."""
    for pattern, shown in HIDDEN:
        text = pattern.sub(shown, text)
    return text if len(text) <= longest else f"{text[:longest]}…"
