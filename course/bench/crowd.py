"""The people in one room: what they say, and what they have heard."""

import asyncio
import time
from collections.abc import Callable

from course.bench.contestants import HOST, Contestant
from course.bench.polling import EventsMember, LongPollingMember, PollingMember
from course.bench.sockets import SocketMember

KINDS = {
    "socket": SocketMember,
    "short": PollingMember,
    "long": LongPollingMember,
    "events": EventsMember,
}

# About a hundred bytes with what the tutorial's chat puts around it.
WORDS = "did anybody hear that, or was it only the wind in the trees again?"

AT_ONCE = 50  # handshakes; more would overflow the line in front of some servers


class Crowd:
    """Some people in one room, and a count of what they hear."""

    host = HOST

    def __init__(
        self, contestant: Contestant, ports: list[int], room: str, size: int
    ) -> None:
        self.contestant = contestant
        self.ports = ports
        self.room = room
        self.path = contestant.path.format(room=room)
        self.size = size
        self.members = []
        self.chunks = {}  # what was in bytes that have come before
        self.sent_at = []  # by number of the message
        self.heard_by = []  # how many have heard it
        self.latencies = []  # from sent to heard by all, in seconds
        self.deliveries = self.complete = 0
        self.frames = self.bytes = self.requests = 0
        self.network_holds = (
            None  # bytes that nobody has read; None: as the system likes
        )
        self.broken = 0  # lines that the server cut
        self.newest_seq = 0  # of step 05
        self.when_all_have_heard: Callable[[], None] = lambda: None

    def port_of(self, number: int) -> int:
        """Return the server process that a member speaks to."""
        return self.ports[number % len(self.ports)]

    async def enter(self, size: int | None = None) -> float:
        """Let members in until there are so many; return the seconds that took."""
        begun = time.perf_counter()
        gate = asyncio.Semaphore(AT_ONCE)
        kind = KINDS[self.contestant.speaks]

        async def enter(number: int):
            async with gate:
                member = kind(self, number)
                try:
                    await member.enter()
                except BaseException:
                    member.leave()
                    raise
                return member

        numbers = range(len(self.members), size or self.size)
        came = await asyncio.gather(*map(enter, numbers), return_exceptions=True)
        self.members += [one for one in came if not isinstance(one, BaseException)]
        for one in came:
            if isinstance(one, BaseException):
                raise one
        return time.perf_counter() - begun

    def leave(self) -> None:
        """Everybody vanishes at once, without a word."""
        for member in self.members:
            member.leave()
        self.members = []

    def say(self, due: float | None = None, words: str = WORDS) -> None:
        """Let the next member speak; `due` is when it should have."""
        number = len(self.sent_at)
        self.sent_at.append(due or time.perf_counter())
        self.heard_by.append(0)
        speaker = self.members[number % len(self.members)]
        speaker.send(self.contestant.wrap(f"#{number}# {words}").encode())

    def hear(self, numbers: tuple[int, ...]) -> None:
        """Somebody has heard some messages."""
        self.deliveries += len(numbers)
        heard_by = self.heard_by
        for number in numbers:
            heard_by[number] += 1
            if heard_by[number] == self.size:
                self.complete += 1
                self.latencies.append(time.perf_counter() - self.sent_at[number])
                self.when_all_have_heard()

    def heard(self) -> list[list[int]]:
        """Return the numbers that each member has heard, in its order."""
        return [
            [number for numbers in member.heard for number in numbers]
            for member in self.members
        ]
