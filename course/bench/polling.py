"""Members of a room who ask over HTTP: short polling, long polling, Server-Sent Events."""

import asyncio
import contextlib
import re

from course.bench.counting import numbers_in
from course.bench.http_line import Line

ID = re.compile(rb'"id": ?(\d+)')

INTERVAL = 1  # seconds between two questions of a short poll
LONGEST_WAIT = 25  # seconds for which a long poll may be held
PATIENCE = 2  # seconds for a first answer


class PollingMember:
    """One person who asks again and again."""

    wait = 0  # seconds that the server may hold a question

    def __init__(self, crowd, number: int) -> None:
        self.crowd = crowd
        self.number = number
        self.heard = []
        self.newest = 0
        self.ear = Line(crowd, crowd.port_of(number))
        # A second line, as browsers do: the first may be held.
        self.mouth = Line(crowd, self.ear.port)
        self.turn = asyncio.Lock()
        self.is_in = asyncio.Event()
        self.tasks = set()

    async def enter(self) -> None:
        """Come into the room, and listen from now on."""
        self.spawn(self.listen())
        # Where all threads are held, nobody gets an answer. That is worth a figure.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.is_in.wait(), PATIENCE)

    async def listen(self) -> None:
        """Ask for the first time, then again and again."""
        await self.ask(0)
        await self.keep_asking()

    async def keep_asking(self) -> None:
        """Ask, wait, ask."""
        # Not everybody at the same moment.
        await asyncio.sleep(INTERVAL * self.number / self.crowd.size)
        loop = asyncio.get_running_loop()
        while True:
            asked_at = loop.time()
            await self.ask(0)
            await asyncio.sleep(max(0, INTERVAL - (loop.time() - asked_at)))

    async def ask(self, wait: float) -> None:
        """Ask for what is new, and hear it."""
        path = f"{self.crowd.path}?after={self.newest}" + f"&wait={wait}" * bool(wait)
        self.take(await self.ear.ask(path))

    def take(self, answer: bytes) -> None:
        """Hear what is in an answer."""
        self.is_in.set()
        self.crowd.frames += 1
        if ids := ID.findall(answer):
            self.newest = int(ids[-1])
        if numbers := numbers_in(answer):
            self.heard.append(numbers)
            self.crowd.hear(numbers)

    def spawn(self, work) -> None:
        """Have something done, for as long as this person is in the room."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.done)

    def done(self, task: asyncio.Task) -> None:
        """Something is done, or has failed."""
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            self.crowd.broken += 1

    def send(self, message: bytes) -> None:
        """Say something."""
        self.spawn(self.post(message))

    async def post(self, message: bytes) -> None:
        """Send a message, after those before it."""
        async with self.turn:
            path = self.crowd.path.replace("/events/", "/messages/")
            await self.mouth.ask(path, message)

    def leave(self) -> None:
        """Vanish."""
        for task in self.tasks:
            task.cancel()
        self.ear.close()
        self.mouth.close()


class LongPollingMember(PollingMember):
    """One person whose questions are held until there is an answer."""

    async def keep_asking(self) -> None:
        """Ask again as soon as there is an answer."""
        while True:
            await self.ask(LONGEST_WAIT)


class EventsMember(PollingMember):
    """One person who asks once; the answer never ends."""

    async def listen(self) -> None:
        """Ask."""
        self.ear.on_event = self.take
        await self.ear.ask(f"{self.crowd.path}?after=0", accept="text/event-stream")
