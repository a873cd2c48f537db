"""A page without a network for a while: step 05 lets it catch up."""

import time

from course.classroom.screens.actors import Person

MISSED = 12
ROOM = "class"
EVERY = 0.4  # seconds; a person may send ten messages at once, then five a second


async def run(stage) -> None:
    """Bia's network goes, Ana writes twelve messages, Bia's network is back."""
    await stage.need("redis", "05")
    stage.tell("pane", "Ana", title="Ana", tone="up", note="online")
    stage.tell("pane", "Bia", title="Bia", tone="up", note="online")
    ana = await stage.enter(Person("ana", stage.port("05"), ROOM))
    bia = await stage.enter(Person("bia", stage.port("05"), ROOM))
    tag = time.strftime("%H:%M:%S")
    texts = [f"message {number} of {tag}" for number in range(1, MISSED + 1)]
    show(stage, "Ana", [])
    show(stage, "Bia", [])
    stage.status("Both are in one room of step 05.")
    await stage.pause(2)
    bia.leave()
    await bia.closed()
    stage.tell("pane", "Bia", title="Bia", tone="down", note="flight mode")
    stage.status("Bia's phone is in flight mode.")
    for number, text in enumerate(texts, 1):
        await stage.pause(EVERY)
        await ana.send(text)
        await ana.hear(text)
        show(stage, "Ana", texts[:number])
        show(stage, "Bia", [])
    await stage.pause(3)
    await come_back(stage, bia, texts)


async def come_back(stage, bia: Person, texts: list[str]) -> None:
    """Bia's page reconnects, and says what it has last."""
    stage.status("Bia is online again. Her page says which message it has last.")
    bia.meter.reset()
    begun = time.perf_counter()
    await bia.enter()
    took = (time.perf_counter() - begun) * 1000
    caught_up = [text for text in bia.texts() if text in texts]
    stage.tell("pane", "Bia", title="Bia", tone="up", note="online again")
    show(stage, "Bia", caught_up)
    stage.measure("missed", f"{len(caught_up)} of {MISSED}", "messages are on her page")
    order = "in order" if caught_up == texts else "NOT in order"
    times = "none of them twice" if not bia.repeats else f"{bia.repeats} of them again"
    stage.measure("order", order, times)
    frames = bia.meter.frames
    label = f"after her page reconnected, in {frames} frame" + "s" * (frames != 1)
    stage.measure("ms", f"{took:.0f} ms", label)


def show(stage, pane: str, texts: list[str]) -> None:
    """Show how many messages are on a page, and the newest of them."""
    label = "messages on the page"
    stage.tell("big", pane, pane=pane, value=str(len(texts)), label=label)
    stage.tell("dots", pane, pane=pane, total=MISSED, lit=len(texts))
