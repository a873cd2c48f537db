"""Who speaks when: at a rate, or as fast as everybody hears it."""

import asyncio
import time

from course.bench.counting import judge, percentile
from course.bench.crowd import WORDS, Crowd
from course.bench.meter import Meter, figures

STALLED = 2  # seconds in which nobody hears anything: what is on its way is lost
LONGEST_BACKLOG = 12  # seconds to wait for what is late; after that it is lost


async def closed_loop(
    crowd: Crowd, meter: Meter, window: int, seconds: float, warm_up: float = 1.0
) -> dict:
    """Keep so many messages on their way, and the next one follows when all have one.

    This finds out how much a server can do. What is on its way grows no further, so a
    server that is late is not punished with more.
    """
    first = len(crowd.sent_at)
    crowd.when_all_have_heard = crowd.say
    for _ in range(window):
        crowd.say()
    await keep_going(crowd, window, warm_up)
    before, known = meter.read(), len(crowd.latencies)
    await keep_going(crowd, window, seconds)
    after = meter.read()
    crowd.when_all_have_heard = lambda: None
    # Those on their way count too: they are the ones that take longest.
    await until_quiet(crowd, LONGEST_BACKLOG)
    return figures(before, after) | report(crowd, first, crowd.latencies[known:])


async def open_loop(
    crowd: Crowd, meter: Meter, rate: float, seconds: float, words: str = WORDS
) -> dict:
    """Send so many messages a second, whatever the server does.

    A message is late from the moment when it should have been sent: else a server that
    holds us up would be measured on fewer messages, and the worst ones would be missing.
    """
    first, known = len(crowd.sent_at), len(crowd.latencies)
    before = meter.read()
    begun = time.perf_counter()
    for count in range(int(rate * seconds)):
        due = begun + count / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        crowd.say(due, words)
    await until_quiet(crowd, LONGEST_BACKLOG)
    after = meter.read()
    return figures(before, after) | report(crowd, first, crowd.latencies[known:])


async def keep_going(crowd: Crowd, window: int, seconds: float) -> None:
    """Wait; if the messages on their way have got lost, begin anew."""
    end = time.perf_counter() + seconds
    heard, since = crowd.deliveries, time.perf_counter()
    while (now := time.perf_counter()) < end:
        await asyncio.sleep(min(0.1, end - now))
        if crowd.deliveries != heard:
            heard, since = crowd.deliveries, now
        elif now - since > STALLED:
            since = now
            for _ in range(window):
                crowd.say()


async def until_quiet(crowd: Crowd, patience: float, wanted: int | None = None) -> None:
    """Wait until everybody has heard everything, or nothing comes any more."""
    wanted = len(crowd.sent_at) if wanted is None else wanted
    end = time.perf_counter() + patience
    heard, since = crowd.deliveries, time.perf_counter()
    while time.perf_counter() < end and crowd.complete < wanted:
        await asyncio.sleep(0.02)
        if crowd.deliveries != heard:
            heard, since = crowd.deliveries, time.perf_counter()
        elif time.perf_counter() - since > STALLED:
            return


def report(crowd: Crowd, first: int, latencies: list[float]) -> dict:
    """Return what the people heard of the messages from number `first` on."""
    sent = range(first, len(crowd.sent_at))
    verdict = judge(sent, crowd.heard(), lambda number: number % len(crowd.members))
    times = {
        f"p{percent}_ms": (value := percentile(latencies, percent)) and value * 1000
        for percent in (50, 95, 99)
    }
    return {
        "messages": len(sent),
        **times,
        "lost_percent": verdict.lost_percent,
        "duplicates": verdict.duplicates,
        "sender_disorder": verdict.sender_disorder,
        "room_disorder": verdict.room_disorder,
        "broken": crowd.broken,
    }
