"""150 events at once into a queue that holds 100: step 04 loses the rest in silence."""

import asyncio
import contextlib
import json

from course.breaks import exhibits
from course.breaks.stage import Stage as BrokenStep
from course.classroom.screens.actors import ENOUGH, Member

SENT = 150
ROOM = "burst"
SILENCE = 3  # seconds
NO_MESSAGE = "this is not JSON"  # the server answers it at once


async def run(stage) -> None:
    """Ana types one message, and a copy of step 04 sends it 150 times."""
    stage.status("A copy of step 04 starts, with a Redis of its own …")
    stage.tell("pane", "sent", title="Sent to the room")
    stage.tell("pane", "seen", title="On Ana's page")
    show(stage, "sent", 0)
    show(stage, "seen", 0)
    port = await start(stage)
    ana = await stage.enter(Member("Ana", port, ROOM))
    stage.status("Ana's consumer sends 150 events, one right after the other.")
    await stage.pause(2)
    await ana.send("oi")
    seen = await count(stage, ana)
    stage.measure("seen", f"{seen} of {SENT}", "messages on Ana's page")
    if await is_alive(ana):
        state = "still works"
    elif ana.socket.is_open:
        state = "doesn't answer"
    else:
        state = f"closed: {ana.socket.code}"
    stage.measure("lost", str(SENT - seen), f"lost; Ana's socket {state}")
    stage.status("Nothing else is on its way.")


async def count(stage, ana: Member) -> int:
    """Count what arrives on Ana's page, until nothing else is on its way."""
    seen = 0
    patience = ENOUGH  # the first message comes only when all have been sent
    with contextlib.suppress(TimeoutError):
        while ana.socket.is_open:
            async with asyncio.timeout(patience):
                seen += await ana.next() is not None
            patience = SILENCE
            show(stage, "sent", SENT)
            show(stage, "seen", seen)
            await stage.pause(0.01)  # so that eyes can follow
    return seen


async def is_alive(ana: Member) -> bool:
    """Tell whether Ana's socket still works: an invalid message gets an answer."""
    if ana.socket.is_open:
        ana.socket.send(NO_MESSAGE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENOUGH):
                async for frame in ana.frames():
                    if "error" in frame:
                        return True
    return False


def show(stage, pane: str, count: int) -> None:
    """Light so many of the dots."""
    stage.tell("big", pane, pane=pane, value=str(count), label="messages")
    stage.tell("dots", pane, pane=pane, total=SENT, lit=count)


async def start(stage) -> int:
    """Serve step 04 with one change: what is sent once, is sent 150 times."""
    exhibit = exhibits.find("burst")
    assert f"range({SENT})" in json.dumps([one.new for one in exhibit.changes])
    step = BrokenStep(exhibit, tell=lambda text: None)
    entered = contextlib.ExitStack()
    stage.stack.push_async_callback(stage.in_thread, entered.close)

    def serve() -> None:
        entered.enter_context(step)
        step.serve()

    await stage.in_thread(serve)
    return step.servers[0].port
