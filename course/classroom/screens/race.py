"""One text through all five chats at the same moment: milliseconds and bytes."""

import asyncio
import time

from course.classroom.screens.actors import Member, Person, Poller

ROOM = "race"
QUIET = "café com leite"  # of step 05; the class may be in its other room
EVERY = 2  # seconds between two short polls
LONGEST_POLL = 25
FAST = 100  # milliseconds

LANES = {
    "01": "short polling",
    "02": "long polling",
    "03": "socket",
    "04": "over Redis",
    "05": "and stored",
}


async def run(stage) -> None:
    """Bia listens in five rooms, Ana writes in all of them at once."""
    await stage.need("redis", *LANES)
    for unit, how in LANES.items():
        stage.tell("lane", unit, title=f"{unit} {how}", ms=None, bytes=None)
    stage.status("Bia enters five rooms.")
    bias = {unit: await enter(stage, unit, "Bia") for unit in LANES}
    anas = {unit: await enter(stage, unit, "Ana") for unit in LANES}
    # The first message of a server costs more: it opens its connections to Redis and to
    # its database.
    await race(stage, anas, bias, "ready?", is_shown=False)
    times = await race(stage, anas, bias, "on your marks", is_shown=True)
    fast = sum(ms <= FAST for ms in times)
    stage.measure("fast", f"{fast} of 5", "arrived within a tenth of a second")
    for unit in ("01", "03"):
        ms, size = times[int(unit) - 1], bias[unit].meter.bytes
        label = f"step {unit}, {LANES[unit]}: {size:,} bytes"
        stage.measure(unit, f"{ms:,.0f} ms", label)
    stage.status(f"{fast} of 5 arrived within a tenth of a second.")


async def race(stage, anas: dict, bias: dict, text: str, is_shown: bool) -> list[float]:
    """Send one text through all five chats; return the milliseconds of each, if shown."""
    text = f"{text} {time.time_ns()}"  # not that of an earlier run
    loop = asyncio.get_running_loop()
    for bia in bias.values():
        bia.meter.reset()
    arrivals = {unit: stage.spawn(arrival(unit, bias[unit], text)) for unit in LANES}
    # Between two polls of step 01: its message waits as long as it does on average.
    await asyncio.sleep(EVERY * 1.5)
    if is_shown:
        stage.status("Ana sends one text, through all five at once.")
    begun = loop.time()
    await asyncio.gather(*(ana.send(text) for ana in anas.values()))
    if not is_shown:
        await asyncio.gather(*arrivals.values())
        return []
    shown = [
        stage.spawn(show(stage, unit, arrivals[unit], begun, bias[unit]))
        for unit in LANES
    ]
    return await asyncio.gather(*shown)


async def enter(stage, unit: str, name: str):
    """Let somebody enter the room of a step."""
    port = stage.port(unit)
    if unit == "05":
        return await stage.enter(Person(name.lower(), port, QUIET))
    return await stage.enter((Member if unit > "02" else Poller)(name, port, ROOM))


async def arrival(unit: str, bia, text: str) -> float:
    """Return when Bia's page has the text, on the clock of the event loop."""
    loop = asyncio.get_running_loop()
    if unit > "02":
        if not await bia.hear(text):
            raise TimeoutError(f"Ana's text did not arrive in step {unit}.")
        return loop.time()
    while True:
        wait = LONGEST_POLL if unit == "02" else 0
        messages = await bia.poll(wait)
        if any(message["text"] == text for message in messages):
            return loop.time()
        await asyncio.sleep(0 if wait else EVERY)


async def show(stage, unit: str, arrived: asyncio.Task, begun: float, bia) -> float:
    """Show a lane's milliseconds and bytes once its text is there; return the former."""
    ms = (await arrived - begun) * 1000
    title = f"{unit} {LANES[unit]}"
    stage.tell("lane", unit, title=title, ms=ms, bytes=bia.meter.bytes)
    return ms
