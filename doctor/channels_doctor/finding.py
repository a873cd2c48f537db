"""What the doctor says: a finding, with its place in the report, or a note."""

import enum
from dataclasses import dataclass
from typing import NamedTuple

from channels_doctor.edits import Edit


class Stage(enum.IntEnum):
    """What a fault does, in the order in which a project meets it, and of the report."""

    START = 1  # the project can't be installed, or doesn't start
    PAGE = 2  # a page or a socket doesn't work
    MESSAGES = 3  # messages are lost, or reach people they aren't meant for
    PRODUCTION = 4  # it hurts once there are other people, machines or networks


@dataclass(frozen=True)
class Finding:
    """A fault: where it is, what it does, why it's silent so far, and what to change.

    `where` is relative to the folder that was examined, with "/" on every system:
    "mysite/settings.py:12", or the file alone if no line is to blame.
    """

    name: str  # what `# doctor: off NAME` and the expected findings call it
    stage: Stage
    level: str  # "wrong": it doesn't work; "risk": it works today
    where: str
    what: str  # with the literal error, where there is one
    do: str
    unseen: str = ""  # why you don't see it today; empty if you do
    page: str = ""  # on the course's site: "errors/#no-daphne"
    edits: tuple[Edit, ...] = ()  # the change; empty if only words can say it
    is_certain: bool = False  # right in every project: --fix may offer it
    line: str = ""  # the line itself, without secrets; the examination fills it in

    @property
    def file(self) -> str:
        """The file, without the line."""
        return self.where.rpartition(":")[0] or self.where

    @property
    def line_number(self) -> int:
        """The line, counted from 1; 0 for a finding about the file as a whole."""
        last = self.where.rpartition(":")[2]
        return int(last) if ":" in self.where and last.isdigit() else 0


class Note(NamedTuple):
    """Something that the text of a project can't tell, or that was left out; no fault.

    It's shown after the findings and isn't counted. `where` is a place as in a finding, or "".
    """

    where: str
    text: str
