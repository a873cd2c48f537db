"""The show of the class that this process holds, and the words that drive it."""

import asyncio

from twisted.internet.defer import Deferred

from course.classroom.current import this
from course.classroom.room import consumers
from course.classroom.room.state import room
from course.classroom.room.telling import SCREEN, tell
from course.classroom.screens.show import Show

JOIN = "join"  # not a screen of ours: the address and the QR code


class PhoneVotes:
    """The vote on the phones of the room."""

    async def open(self, question: str, choices: list[str]) -> None:
        """Ask every phone."""
        room.open_vote(question, choices)
        await consumers.vote_opened_or_closed()

    async def close(self) -> None:
        """Take no more votes."""
        if room.vote and room.vote.is_open:
            room.close_vote()
            await consumers.vote_opened_or_closed()

    def counts(self) -> list[int]:
        """Return the number of votes for each choice."""
        return room.vote.counts if room.vote else []


class Projector:
    """One show for each class."""

    def __init__(self) -> None:
        self.show = None
        self.pace = 1  # a test waits less than a class

    def current(self) -> Show:
        """Return the show of the class that runs now."""
        if self.show is None or self.show.fleet is not this.fleet:
            self.show = Show(
                this.fleet,
                self.send,
                PhoneVotes(),
                this.room_url,
                this.fleet["lessons"].url,
                self.pace,
            )
            self.end_with_the_server()
        return self.show

    def end_with_the_server(self) -> None:
        """Let Ctrl-C end the run first: some have servers of their own."""
        from twisted.internet import reactor  # the one that serves this class

        reactor.addSystemEventTrigger("before", "shutdown", self.close)

    def close(self) -> Deferred:
        """End the run, and let everybody leave."""
        return Deferred.fromFuture(asyncio.ensure_future(self.show.stop()))

    async def send(self, event: dict) -> None:
        """Pass an event to every page that shows the projector's screen."""
        data = dict(event)
        await tell(SCREEN, data.pop("kind"), **data)

    async def command(self, asked: dict) -> None:
        """Do what a key or a button says: `show` with a `name`, `next`, `back`, `run`, `list`."""
        word, name = asked["do"], str(asked.get("name") or "")
        if word == "show" and name == JOIN:
            word = "list"
        await self.current().do(f"{word} {name}".strip() if word == "show" else word)
        if name == JOIN:
            await tell(SCREEN, "go", name=JOIN)


projector = Projector()
