"""Steps 04 and 05 side by side, killed in the middle of a conversation."""

import asyncio
import time

from course.classroom.screens.actors import Member, Person

STEPS = {"04": "Step 04", "05": "Step 05"}
ROOMS = {"04": "restart", "05": "café com leite"}  # of step 05, not the class's own


async def run(stage) -> None:
    """Ana writes, both servers die, Ana writes again, both servers start again."""
    await stage.need("redis", *STEPS)
    stage.status("Ana and Bia enter a room in both.")
    tag = time.strftime("%H:%M:%S")  # step 05 remembers the runs before this one
    first, second = f"hello {tag}", f"still there? {tag}"
    pairs = {}
    for unit, title in STEPS.items():
        stage.tell("pane", unit, title=title, tone="up", note="running")
        kind = Member if unit == "04" else Person
        pairs[unit] = [
            await stage.enter(kind(name, stage.port(unit), ROOMS[unit]))
            for name in ("ana", "bia")
        ]
    stage.status("Ana writes in both chats.")
    for unit, (ana, bia) in pairs.items():
        show(stage, unit, "Ana", "hello", tone="sent")
        await ana.send(first)
        await bia.hear(first)
        show(stage, unit, "Bia", "hello", tone="good")
    await stage.pause(3)
    await kill(stage)
    await lose_the_sockets(stage, pairs)
    await stage.pause(2)
    for unit, (ana, _) in pairs.items():
        await ana.send(second)
        note = "not sent: not connected" if unit == "04" else "kept, sending…"
        tone = "bad" if unit == "04" else "pale"
        show(stage, unit, "Ana", "still there?", note, tone)
    stage.status("Ana types one more message.")
    await stage.pause(4)
    started = await start(stage)
    without, (count, took) = await asyncio.gather(
        without_a_memory(stage, pairs["04"], first),
        with_a_memory(stage, pairs["05"], first, second, started),
    )
    bias = "messages on Bia's page in step"
    stage.measure("04", f"{without} of 2", f"{bias} 04, after a reload")
    stage.measure("05", f"{count} of 2", f"{bias} 05")
    stage.measure("after", f"{took:.1f} s", "after step 05 was up, she had both")
    stage.status("Both servers run again.")


def show(stage, unit: str, who: str, text: str, note: str = "", tone: str = "") -> None:
    """Show what is on somebody's page."""
    stage.tell(
        "person", f"{unit} {who}", pane=unit, who=who, text=text, note=note, tone=tone
    )


async def kill(stage) -> None:
    """Kill both servers at the same moment. Whatever happens, they start again."""
    stage.stack.push_async_callback(stage.need, *STEPS)
    stage.status("Both servers are killed.")
    await asyncio.gather(*(stage.in_thread(stage.fleet[unit].kill) for unit in STEPS))
    for unit, title in STEPS.items():
        stage.tell("pane", unit, title=title, tone="down", note="killed")


async def lose_the_sockets(stage, pairs: dict) -> None:
    """Wait until all four pages have noticed, and show their close code."""
    for unit, people in pairs.items():
        for name, person in zip(("Ana", "Bia"), people, strict=True):
            code = await person.closed()
            show(stage, unit, name, "hello", f"disconnected, code {code}", "pale")


async def start(stage) -> float:
    """Start both servers again; return when they were up."""
    stage.status("Both servers start again …")
    await asyncio.gather(*(stage.in_thread(stage.fleet[u].start) for u in STEPS))
    for unit, title in STEPS.items():
        stage.tell("pane", unit, title=title, tone="up", note="running again")
    return time.perf_counter()


async def without_a_memory(stage, people: list[Member], first: str) -> int:
    """Step 04's pages stay disconnected; a person who reloads finds an empty room.

    Return how many messages Bia's page has.
    """
    await stage.pause(3)
    for name, person in zip(("Ana", "Bia"), people, strict=True):
        await person.enter()
        show(stage, "04", name, "an empty room", "after a reload", "bad")
    return int(await people[1].hear(first, within=0.5) is not None)


async def with_a_memory(
    stage, people: list[Person], first: str, second: str, started: float
) -> tuple[int, float]:
    """Step 05's pages reconnect and catch up, and Ana's sends what it had kept.

    Return how many messages Bia's page has, and after how many seconds.
    """
    ana, bia = people
    await asyncio.gather(ana.reconnect(stage.pace), bia.reconnect(stage.pace))
    arrived = await bia.hear(second)
    took = time.perf_counter() - started
    if arrived:
        show(stage, "05", "Ana", "still there?", "stored", "good")
        show(
            stage, "05", "Bia", "still there?", f"{took:.1f} s after the start", "good"
        )
    return sum(text in bia.texts() for text in (first, second)), took
