"""Four seats and a fifth guest: four threads under WSGI, then the same under ASGI."""

import asyncio
import time

from course.classroom.screens.actors import Poller
from course.classroom.screens.wire import Http

GUESTS = ["Ana", "Bia", "Caio", "Dora"]
FIFTH = "Eva"
WAIT = 10  # seconds for which each long poll may be held
# Even in a test, all five must arrive before the first poll times out.
SHORTEST = 4  # seconds
ROOM = "threads"


async def run(stage) -> None:
    """Let five people come, first to four threads, then to an event loop."""
    await stage.need("02t", "02")
    panes = {"02t": "WSGI: four threads", "02": "ASGI: one event loop"}
    for unit, title in panes.items():
        stage.tell("pane", unit, title=title)
        for number in range(1, len(GUESTS) + 1):
            empty(stage, unit, f"{unit} {number}")
    wsgi = await five_guests(stage, "02t")
    stage.measure("02t", f"{wsgi:.1f} s", f"{FIFTH}'s page under WSGI, four threads")
    await stage.pause(2)
    asgi = await five_guests(stage, "02")
    stage.measure("02", f"{asgi * 1000:.0f} ms", f"{FIFTH}'s page under ASGI")
    stage.status("The same four polls, the same page.")


async def five_guests(stage, unit: str) -> float:
    """Let four people wait with a long poll; return how long the fifth one waits."""
    port = stage.port(unit)
    stage.status("Four people wait for a message.")
    guests = [await stage.enter(Poller(name, port, ROOM)) for name in GUESTS]
    polls = []
    for number, guest in enumerate(guests, 1):
        polls.append(stage.spawn(hold(stage, unit, number, guest)))
        await stage.pause(0.5)
    await asyncio.sleep(0.3)  # the four requests are on their way
    stage.status(f"{FIFTH} opens the room.")
    label = f"{FIFTH} waits"
    clock = {"running": True, "seconds": 0, "since": time.time()}
    stage.tell("clock", unit, pane=unit, label=label, **clock)
    http = Http(port)
    stage.stack.callback(http.close)
    begun = time.perf_counter()
    status, _ = await http.get(f"/chat/{ROOM}/")
    took = time.perf_counter() - begun
    label = f"{FIFTH} has the page" if status == 200 else f"{FIFTH}: status {status}"
    stage.tell("clock", unit, pane=unit, label=label, running=False, seconds=took)
    await asyncio.gather(*polls)
    return took


async def hold(stage, unit: str, number: int, guest: Poller) -> None:
    """Send a long poll. Nobody writes, so the server holds it until its time is up."""
    seat = f"{unit} {number}"
    stage.tell("seat", seat, pane=unit, who=guest.name, state="held")
    await guest.poll(max(SHORTEST, WAIT * stage.pace))
    if unit == "02t":
        empty(stage, unit, seat)
    else:  # nothing that could be free again
        after = {"who": guest.name, "note": "waited"}
        stage.tell("seat", seat, pane=unit, state="free", **after)


def empty(stage, unit: str, seat: str) -> None:
    """Show a thread that is free; an event loop has no threads to count."""
    who = "free" if unit == "02t" else "nobody"
    stage.tell("seat", seat, pane=unit, who=who, state="free", note="")
