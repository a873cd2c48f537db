"""The class that this process holds: one, from its start to Ctrl-C.

Nothing of it is stored. `command` fills it in before it serves; tests do the same.
"""

import secrets
from dataclasses import dataclass, field

from course.classroom.fleet import DESK_PORT, ROOM_PORT, Fleet
from course.servers import HOST


@dataclass
class Class:
    """What the pages of a class need to know."""

    fleet: Fleet | None = None
    address: str = HOST  # where the room finds us
    shift: int = 0  # of all ports, by --port
    # Who has it may use the desk, on this machine.
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def room_port(self) -> int:
        """Where the room's door is."""
        return ROOM_PORT + self.shift

    @property
    def desk_port(self) -> int:
        """Where the instructor's door is."""
        return DESK_PORT + self.shift

    @property
    def room_url(self) -> str:
        """What people type on their phones."""
        return f"http://{self.address}:{self.room_port}/"

    @property
    def desk_url(self) -> str:
        """The instructor's door."""
        return f"http://{HOST}:{self.desk_port}"

    def with_token(self, path: str) -> str:
        """Return the address of an instructor's page that lets its browser in."""
        return f"{self.desk_url}{path}?token={self.token}"


this = Class()


def begin(fleet: Fleet | None, address: str, shift: int) -> Class:
    """Make this process's class anew; return it."""
    this.__dict__.update(vars(Class(fleet, address, shift)))
    return this
