"""A receipt that grows while nobody writes: short polling, and a socket beside it."""

from course.classroom.screens.actors import Member, Poller

SILENCE = 30  # seconds
EVERY = 2  # seconds between two polls, as the page of step 01 has it at first
ROOM = "asking"
OI = "oi"


async def run(stage) -> None:
    """Bia listens to an empty room, once in each way; then Ana writes."""
    await stage.need("01", "03")
    stage.tell("pane", "01", title="Step 01: a poll every 2 seconds", look="receipt")
    stage.tell("pane", "03", title="Step 03: an open socket", look="receipt")
    asking = await stage.enter(Poller("Bia", stage.port("01"), ROOM))
    listening = await stage.enter(Member("Bia", stage.port("03"), ROOM))
    asking.meter.reset()
    listening.meter.reset()
    show_total(stage, "01", asking.meter)
    show_total(stage, "03", listening.meter)
    stage.status("Nobody writes.")
    for poll in range(1, SILENCE // EVERY + 1):
        await stage.pause(EVERY)
        before = asking.meter.bytes
        messages = await asking.poll()
        stage.tell(
            "line",
            f"poll {poll}",
            pane="01",
            who=f"{poll * EVERY} s",
            text=f"{len(messages)} messages" if messages else "nothing new",
            value=f"{asking.meter.bytes - before} B",
        )
        show_total(stage, "01", asking.meter)
        show_total(stage, "03", listening.meter)
        seconds = poll * EVERY
        stage.measure(
            "01",
            f"{asking.meter.bytes:,} bytes",
            f"step 01, {asking.meter.requests} polls in {seconds} seconds of silence",
        )
        pings = listening.meter.pings
        stage.measure(
            "03",
            f"{listening.meter.bytes:,} bytes",
            "step 03, the socket stayed open"
            + (f", with {counted(pings, 'ping')}" if pings else ""),
        )
    await speak(stage, asking, listening)


async def speak(stage, asking: Poller, listening: Member) -> None:
    """Ana writes in both rooms: the silent socket was open all the time."""
    ana = Poller("Ana", stage.port("01"), ROOM)
    stage.stack.callback(ana.leave)
    await ana.send(OI)
    ana = await stage.enter(Member("Ana", stage.port("03"), ROOM))
    stage.status("Ana writes.")
    before = listening.meter.bytes
    await ana.send(OI)
    await listening.hear(OI)
    size = listening.meter.bytes - before
    stage.tell("line", "oi 03", pane="03", who="now", text="Ana: oi", value=f"{size} B")
    show_total(stage, "03", listening.meter)
    await stage.pause(EVERY)
    before = asking.meter.bytes
    await asking.poll()
    size = asking.meter.bytes - before
    stage.tell(
        "line", "oi 01", pane="01", who="later", text="Ana: oi", value=f"{size} B"
    )
    show_total(stage, "01", asking.meter)
    stage.status("Now both have Ana's message.")


def show_total(stage, pane: str, meter) -> None:
    """Show what has crossed the wire so far."""
    if pane == "01":
        label = counted(meter.requests, "request")
    else:
        label = counted(meter.frames, "frame")
        label += f" and {counted(meter.pings, 'ping')}" if meter.pings else ""
    stage.tell("big", pane, pane=pane, value=f"{meter.bytes:,} bytes", label=label)


def counted(count: int, what: str) -> str:
    """Return `1 ping` or `2 pings`."""
    return f"{count} {what}{'' if count == 1 else 's'}"
