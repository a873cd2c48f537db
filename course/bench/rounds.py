"""Scenarios played round by round, A B A B: what disturbs one of the chats disturbs all."""

import asyncio
import gc
import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from course import redis_server
from course.bench import chats, machine
from course.bench.contestants import Contestant
from course.bench.crowd import Crowd
from course.bench.meter import Meter
from course.bench.scenarios import Scenario, Stage
from course.errors import CourseError
from course.steps import LOGS

BUSY = 30  # percent of one core, used by others


class Arena:
    """A Redis that is ours, a folder that will be deleted, and the chats."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.redis_url = redis_url
        self.database = redis.Redis.from_url(redis_url)
        self.folder = folder
        self.chats: dict[str, Contestant] = {}
        self.rooms = (f"bench{number}" for number in itertools.count())

    def chat(self, name: str) -> Contestant:
        """Return a chat, and prepare it if it has not been needed before."""
        if name not in self.chats:
            made = chats.prepare(name, self.folder, self.redis_url)
            self.chats |= {one.name: one for one in made}
        return self.chats[name]

    def play(self, scenario: Scenario, name: str, seconds: float) -> dict:
        """Play a scenario once; return its figures."""
        chat = self.chat(name)
        self.database.flushdb()
        with chat.serving(
            LOGS, self.redis_url, scenario.processes, scenario.pinned
        ) as running:
            row = run(self.perform(scenario, chat, running, seconds))
        return {"scenario": scenario.name, "chat": name, **row}

    async def perform(self, scenario, chat, running, seconds) -> dict:
        """Fill the room, and let it happen."""
        ports = [one.port for one in running]
        crowd = Crowd(chat, ports, next(self.rooms), scenario.members)
        meter = Meter([one.process.pid for one in running], self.database, crowd)
        stage = Stage(chat, self.database, crowd, meter, seconds)
        gc.disable()  # a pause of ours would look like one of the server
        try:
            return await scenario.play(stage)
        finally:
            gc.enable()
            crowd.leave()


def run(work) -> dict:
    """Run something in an event loop, the faster one if it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


@contextmanager
def arena() -> Iterator[Arena]:
    """Give a place for the chats, and clear everything away afterwards."""
    machine.pin(0, machine.OUR_CORES)
    with ExitStack() as stack:
        stack.callback(machine.pin, 0, set(machine.CORES))
        url = stack.enter_context(redis_server.running(LOGS))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        place = Arena(f"{url}/{unused_database(url)}", Path(folder))
        stack.callback(place.database.close)
        yield place


def unused_database(url: str) -> int:
    """Return the number of a database that holds nothing: we shall delete all in it."""
    for number in range(15, 5, -1):
        with redis.Redis.from_url(f"{url}/{number}") as database:
            if not database.dbsize():
                return number
    raise CourseError(
        f"{redis_server.described(url)} has no empty database (6 to 15), and the bench deletes\n"
        "what it finds in its own. Unset REDIS_URL, or empty one: python3 -m course redis -n 15 flushdb"
    )


def play_rounds(
    arena: Arena, scenarios: list[Scenario], rounds: int, seconds: float, tries: int
) -> list[dict]:
    """Play scenarios; return a row of figures for each chat and round."""
    rows = []
    todo = [
        (scenario, turn, chat)
        for scenario in scenarios
        for turn in range(1, rounds + 1)
        for chat in scenario.chats
    ]
    for count, (scenario, turn, chat) in enumerate(todo, 1):
        what = f"[{count}/{len(todo)}] {scenario.name}, {chat}, round {turn}"
        rows.append(
            {"round": turn, **calmest(arena, scenario, chat, seconds, tries, what)}
        )
    say_progress("")
    return rows


def calmest(
    arena: Arena, scenario: Scenario, chat: str, seconds: float, tries: int, what: str
) -> dict:
    """Play a scenario; again, if something else has kept the machine busy meanwhile."""
    tried = []
    for again in range(tries):
        say_progress(what + ", once more: the machine was busy" * bool(again))
        tried.append(arena.play(scenario, chat, seconds))
        if (tried[-1].get("foreign_percent") or 0) < BUSY:
            return tried[-1]
    return min(tried, key=lambda row: row["foreign_percent"])


def say_progress(text: str) -> None:
    """Show how far it is; on a terminal, in one line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
