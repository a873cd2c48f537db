"""The show: which screen the projector has, in which phase, and the run behind it.

    show = Show(fleet, send, votes)
    await show.do("show wall")     # the desk and the projector's keys say such words
    await show.do("next")          # predict → run → reveal → keep → the next screen

`send` gets one JSON-able dictionary at a time, for everyone who looks at the projector's
page. Somebody who opens the page later gets `show.snapshot()` first.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from course.classroom import screens
from course.classroom.screens import PHASES, Screen
from course.classroom.screens.wire import Refused
from course.errors import CourseError, for_this_system

log = logging.getLogger(__name__)

Send = Callable[[dict], Awaitable[None]]


class Votes(Protocol):
    """The vote on the phones. Anonymous: there are counts, and no names."""

    async def open(self, question: str, choices: list[str]) -> None:
        """Ask the phones."""

    async def close(self) -> None:
        """Take no more votes."""

    def counts(self) -> list[int]:
        """Return the number of votes for each choice."""


class Stage:
    """What a screen's run works with: servers, people, and the projector."""

    def __init__(self, fleet, tell: Callable[..., None], pace: float = 1) -> None:
        self.fleet = fleet
        self.tell = tell  # tell(what, id="", **data): the same one again replaces it
        self.pace = pace  # a test waits less than a class
        self.stack = contextlib.AsyncExitStack()
        self.figures = {}
        self.began = time.perf_counter()

    async def need(self, *names: str) -> None:
        """Return once these units are up; start those that aren't."""
        for name in names:
            unit = self.fleet[name]
            if unit.state == "paused":
                await self.in_thread(unit.resume)
            elif unit.state != "up":
                self.status(f"{unit.title} starts …")
                await self.in_thread(unit.start)

    async def in_thread(self, work: Callable, *arguments: object) -> object:
        """Have something done that blocks. A run that is ended meanwhile waits for it."""
        done = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait([done])
            raise

    def port(self, name: str) -> int:
        """Return the port of a unit."""
        return self.fleet[name].port

    async def enter(self, person):
        """Let somebody enter; they leave with the end of the run, at the latest."""
        self.stack.callback(person.leave)
        await person.enter()
        return person

    def spawn(self, work: Awaitable) -> asyncio.Task:
        """Let something happen meanwhile; it ends with the run, at the latest."""
        task = asyncio.ensure_future(work)
        self.stack.push_async_callback(end, task)
        return task

    async def pause(self, seconds: float) -> None:
        """Give the class the time to look."""
        await asyncio.sleep(seconds * self.pace)

    def status(self, text: str) -> None:
        """Show in one line what happens now."""
        self.tell("status", text=text)

    def measure(self, name: str, value: str, label: str) -> None:
        """Note a figure of this run for the reveal; the same name replaces."""
        self.figures[name] = {"name": name, "value": value, "label": label}


async def end(task: asyncio.Task) -> None:
    """Cancel a task, and return when it has ended."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


class Show:
    """What the projector shows, and what its keys and the desk change."""

    def __init__(
        self,
        fleet,
        send: Send,
        votes: Votes,
        address: str = "",
        site: str = "",
        pace: float = 1,
    ) -> None:
        self.fleet = fleet
        self.send = send
        self.votes = votes
        self.address = address  # where the phones vote
        self.site = site  # where the lessons are
        self.pace = pace
        self.lock = asyncio.Lock()
        self.screen = None
        self.phase = PHASES[0]
        self.task = None
        self.forget_run()

    def forget_run(self) -> None:
        """Begin with an empty board."""
        self.board = {}  # what the run has told, by what it is and its id
        self.figures = {}
        self.trouble = ""
        self.is_running = self.has_run = False

    # ---- What the desk and the keys say ---------------------------------------------

    async def do(self, command: str) -> None:
        """Do what `show NAME`, `next`, `back`, `run` or `list` says."""
        word, _, name = command.partition(" ")
        async with self.lock:
            if word == "show":
                await self.show(screens.find(name))
            elif word in {"next", "back", "run", "list"}:
                if self.screen:
                    await getattr(self, word)()
            else:
                raise CourseError(f'The projector does not know the command "{word}".')

    async def show(self, screen: Screen) -> None:
        """Begin a screen, with its prediction."""
        await self.stop()
        self.forget_run()
        self.screen = screen
        await self.votes.open(screen.question, list(screen.choices))
        await self.enter("predict")

    async def next(self) -> None:
        """Go on to the next phase, or to the next screen."""
        if self.phase == "keep":
            if following := screens.after(self.screen.name):
                await self.show(following)
            else:
                await self.list()
        elif self.phase == "predict" and not self.has_run:
            await self.run()
        else:
            await self.stop()
            await self.enter(PHASES[PHASES.index(self.phase) + 1])

    async def back(self) -> None:
        """Go back to the phase before this one."""
        if self.phase != PHASES[0]:
            await self.stop()
            await self.enter(PHASES[PHASES.index(self.phase) - 1])

    async def run(self) -> None:
        """Run the screen, or run it again."""
        await self.stop()
        self.forget_run()
        await self.votes.close()
        self.is_running = self.has_run = True
        await self.enter("run")
        self.task = asyncio.create_task(self.play(self.screen))

    async def list(self) -> None:
        """Leave the screen, for the list of them all."""
        await self.stop()
        self.forget_run()
        await self.votes.close()
        self.screen = None
        await self.send(self.snapshot())

    async def enter(self, phase: str) -> None:
        """Show another phase of the same screen."""
        self.phase = phase
        await self.send(self.snapshot())

    # ---- The run --------------------------------------------------------------------

    async def play(self, screen: Screen) -> None:
        """Play a screen to its end; whatever goes wrong, the class goes on."""
        events = asyncio.Queue()

        def tell(what: str, id: str = "", **data: object) -> None:
            event = {"kind": "draw", "what": what, "id": id} | data
            self.board[what, id] = event
            events.put_nowait(event)

        sender = asyncio.create_task(self.pass_on(events))
        stage = Stage(self.fleet, tell, self.pace)
        self.figures = stage.figures
        try:
            async with asyncio.timeout(screen.seconds or None), stage.stack:
                await screen.run(stage)
        except CourseError as problem:
            self.trouble = for_this_system(str(problem))
        except (Refused, OSError, EOFError) as problem:  # TimeoutError is an OSError
            late = isinstance(problem, TimeoutError)
            self.trouble = str(problem) or (
                "Something that should have arrived did not arrive in time."
                if late
                else "A connection to a server broke."
            )
        except Exception as problem:  # the class goes on
            log.exception("The screen %s stopped.", screen.name)
            self.trouble = f"The run stopped because of a mistake in it: {problem!r}."
        finally:
            self.is_running = False
            await asyncio.shield(self.finish(events, sender))

    async def finish(self, events: asyncio.Queue, sender: asyncio.Task) -> None:
        """Send what is left, and how the run has ended."""
        await events.join()
        await end(sender)
        await self.send({"kind": "ended"} | self.outcome())

    async def pass_on(self, events: asyncio.Queue) -> None:
        """Send the events in their order; a run never waits for the projector."""
        while True:
            event = await events.get()
            try:
                await self.send(event)
            finally:
                events.task_done()

    async def stop(self) -> None:
        """End the run, if there is one; its people leave."""
        if self.task:
            await end(self.task)
            self.task = None

    # ---- What the page gets ---------------------------------------------------------

    def outcome(self) -> dict:
        """Return how the run is, or how it has ended."""
        return {
            "running": self.is_running,
            "trouble": self.trouble,
            "figures": list(self.figures.values()),
        }

    def snapshot(self) -> dict:
        """Return everything that the page shows, for one that has just been opened."""
        listed = [
            {"name": one.name, "minutes": one.minutes, "question": one.question}
            for one in screens.all()
        ]
        if self.screen is None:
            return {"kind": "list", "screens": listed}
        screen = self.screen
        known = self.phase in {"reveal", "keep"}
        return {
            "kind": "show",
            "name": screen.name,
            "number": screens.NAMES.index(screen.name) + 1,
            "of": len(screens.NAMES),
            "phase": self.phase,
            "title": screen.title if known or not screen.hidden else "",
            "scene": screen.scene,
            "question": screen.question,
            "choices": list(screen.choices),
            "right": screen.right if known else 0,
            "keep": screen.keep if known else "",
            "lesson": screen.lesson_at(self.site),
            "plan_b": screen.notes.plan_b,
            "counts": self.votes.counts(),
            "address": self.address,
            "events": list(self.board.values()),
        } | self.outcome()


async def command(asked: dict) -> None:
    """Drive the show of the class that this process holds."""
    from course.classroom.screens.projector import projector

    await projector.command(asked)
