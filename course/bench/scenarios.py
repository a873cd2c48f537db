"""What the chats are put through: a room, so many members, and something happens."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass

import redis

from course.bench import machine
from course.bench.contestants import Contestant
from course.bench.crowd import Crowd
from course.bench.load import closed_loop, open_loop, until_quiet
from course.bench.meter import Meter

LONG = 1900 * "語"  # step 05 takes 2000 characters; these have three bytes each
LONG_RATE = 30  # a second
# Seconds of them: 2.7 MB, which is more than the 2 MiB that step 05 lets a client leave
# unread beside what it has missed, and fewer messages than the 500 that it brings back.
STALLED_FOR = 15
LONGEST_RETURN = 10  # seconds
SETTLE = 1  # second


@dataclass
class Stage:
    """A running chat, and the people in one of its rooms."""

    contestant: Contestant
    database: redis.Redis
    crowd: Crowd
    meter: Meter
    seconds: float  # of each measurement


Play = Callable[[Stage], Awaitable[dict]]


@dataclass(frozen=True)
class Scenario:
    """Something that happens in a room."""

    name: str
    title: str
    members: int
    play: Play
    chats: tuple[str, ...]
    processes: int = 1
    pinned: bool = True  # the servers on one core, ourselves on another
    quick: bool = True  # whether it belongs to the short version


async def enter(stage: Stage, warm: bool = False) -> None:
    """Let everybody in; if `warm`, let them also speak for a moment."""
    await stage.crowd.enter()
    # Who has come is still being told to everybody; that has a figure of its own.
    await asyncio.sleep(SETTLE)
    if warm:
        await closed_loop(stage.crowd, stage.meter, 1, 0.5, warm_up=0)


def fan_out(window: int) -> Play:
    """So many messages on their way at any time."""

    async def play(stage: Stage) -> dict:
        await enter(stage)
        return await closed_loop(stage.crowd, stage.meter, window, stage.seconds)

    return play


def at_rate(rate: float, seconds: float | None = None, longer: float = 4) -> Play:
    """So many messages a second, whatever the server does."""

    async def play(stage: Stage) -> dict:
        await enter(stage, warm=True)
        duration = seconds or longer * stage.seconds
        return await open_loop(stage.crowd, stage.meter, rate, duration)

    return play


def durable(window: int) -> Play:
    """As fan_out, and then count what the database holds."""

    async def play(stage: Stage) -> dict:
        await enter(stage)
        before = stored_in(stage.contestant)
        row = await closed_loop(stage.crowd, stage.meter, window, stage.seconds)
        stored = stored_in(stage.contestant) - before
        return row | {"not_stored": row["messages"] - stored}

    return play


def stored_in(contestant: Contestant) -> int:
    """Return how many messages the database of a chat holds."""
    with closing(sqlite3.connect(contestant.database)) as database:
        query = f"SELECT COUNT(*) FROM {contestant.table}"
        return database.execute(query).fetchone()[0]


def listen(rate: float) -> Play:
    """Everybody waits; from time to time, somebody says something."""

    async def play(stage: Stage) -> dict:
        row = await sit_idle(stage)
        row["threads"] = sum(filter(None, map(machine.threads_of, stage.meter.pids)))
        return row | await open_loop(stage.crowd, stage.meter, rate, 4 * stage.seconds)

    return play


async def sit_idle(stage: Stage) -> dict:
    """Everybody comes in, and nobody says anything."""
    crowd, meter = stage.crowd, stage.meter
    early = crowd.size // 10
    await crowd.enter(early)  # the first ones make the server load and cache things
    await asyncio.sleep(SETTLE)
    memory, before = meter.memory(), meter.read()
    seconds = await crowd.enter()
    after = meter.read()
    await asyncio.sleep(SETTLE)
    others = crowd.size - early
    row = {
        "connects_per_s": others / seconds,
        "generator_percent": 100 * (after.ours - before.ours) / seconds,
    }
    if memory is not None:
        cpu = after.server - before.server
        row["cpu_ms_per_connection"] = 1000 * cpu / others
        row["kb_per_connection"] = (meter.memory() - memory) / 1024 / others
    return row


async def vanish_and_return(stage: Stage) -> dict:
    """Everybody's line breaks at once; one speaks meanwhile; everybody comes back."""
    await enter(stage, warm=True)
    crowd, everybody = stage.crowd, stage.crowd.size
    crowd.path += f"?after={crowd.newest_seq}"
    crowd.leave()
    await asyncio.sleep(2 * stage.seconds)
    ghosts = ghosts_in(stage.database)
    crowd.size = 1
    await crowd.enter()
    missed = await open_loop(crowd, stage.meter, rate=20, seconds=1)
    crowd.size = everybody
    wanted = crowd.complete + missed["messages"]
    begun = time.perf_counter()
    seconds = await crowd.enter()
    await until_quiet(crowd, LONGEST_RETURN, wanted)
    missing = wanted - crowd.complete
    return {
        "ghosts": ghosts,
        "back_s": seconds,
        "caught_up_s": None if missing else time.perf_counter() - begun,
        "still_missing": missing,
    }


def ghosts_in(database: redis.Redis) -> int:
    """Return how many members the groups of the channel layer have."""
    return sum(map(database.zcard, database.scan_iter("*:group:*")))


async def stall(stage: Stage) -> dict:
    """One more person comes and stops reading; later it reads on, or comes back."""
    await enter(stage, warm=True)
    crowd, meter = stage.crowd, stage.meter
    alone = await open_loop(crowd, meter, LONG_RATE, stage.seconds, LONG)
    ears = Crowd(stage.contestant, crowd.ports, crowd.room, 0)
    ears.heard_by = [0] * 100_000  # for what the others will say
    # Else the network would hold megabytes, and the server notice nothing.
    ears.network_holds = 64 * 1024
    await ears.enter(1)
    stalled = ears.members[0]
    stalled.transport.pause_reading()
    first, memory = len(crowd.sent_at), meter.memory()
    row = await open_loop(crowd, meter, LONG_RATE, STALLED_FOR, LONG)
    grown = memory and (meter.memory() - memory) / 1e6
    stalled.transport.resume_reading()
    await asyncio.sleep(LONGEST_RETURN / 2)
    heard, is_cut_off = list(stalled.heard), stalled.is_gone
    if is_cut_off:
        ears.path += f"?after={ears.newest_seq}"
        ears.members = []
        await ears.enter(1)
        await asyncio.sleep(SETTLE)
        heard += ears.members[0].heard
    missed = {*range(first, len(crowd.sent_at))}.difference(*heard)
    ears.leave()
    return row | {
        "p95_alone_ms": alone["p95_ms"],
        "grown_mb": grown,
        "is_cut_off": is_cut_off,
        "stalled_missed": len(missed),
    }
