"""What catching up promises: every message, once, in order."""

import asyncio
import itertools

import pytest

from course.exercise.kit import arrives, expect, room_path

numbers = itertools.count(1)
ANA = "Ana should have received her own message."


@pytest.fixture
def room():
    """Return the name of a room that no other check has used."""
    return f"class-{next(numbers)}"


@pytest.fixture
def enters(opens):
    """Return what opens a socket: `await enters("Bia", room, after=7)`."""

    async def enter(name, room, after=None):
        query = "" if after is None else f"?after={after}"
        return await opens(name, path=f"{room_path(room)}{query}")

    return enter


@pytest.fixture
def joins(enters):
    """Return what opens a socket and waits until its consumer has nothing left to do."""

    async def enter(name, room, after):
        person = await enters(name, room, after)
        await person.sends("not JSON")
        sentence = f"{name} should have got an `error` for a frame that isn't JSON, and nothing before it."
        frame = await person.hears(sentence)
        expect("error" in frame, sentence)
        return person

    return enter


@pytest.fixture
def layer():
    """Return the channel layer that the consumers of this check use."""
    from channels.layers import get_channel_layer

    return get_channel_layer()


async def fill(room, count):
    """Store so many messages, as if they had been said before."""
    from chat import history

    for _ in range(count):
        await history.add(room, {"text": "before", "sender": "Ana"})


async def says(ana, text):
    """Have Ana say something, and wait until it's back with her."""
    await ana.says(text=text, sender="Ana")
    await ana.hears(ANA, text=text)


async def numbers_until(person, text, sentence):
    """Return the numbers of what a person hears, up to a message with this text."""
    found = []
    while True:
        frame = await person.hears(
            f"{sentence} She has received {inwords(found)} so far."
        )
        found.append(frame.get("seq"))
        if frame.get("text") == text or len(found) > 300:
            return found


def inwords(found):
    """Return numbers as people write them: 1 to 5, 7."""
    if not found:
        return "nothing"
    runs = []
    for number in found:
        if runs and runs[-1][-1] is not None and number == runs[-1][-1] + 1:
            runs[-1][-1] = number
        else:
            runs.append([number, number])
    return ", ".join(
        str(first)
        if first == last
        else f"{first}{' to ' if last > first + 1 else ', '}{last}"
        for first, last in runs
    )


async def hears_all(bia, ana, first, last, when):
    """Have Ana say one more, and require that Bia hears first to last, then that one."""
    await says(ana, "the last one")
    wanted = [*range(first, last + 2)]
    sentence = f"{when}, Bia should have received {inwords(wanted)}."
    found = await numbers_until(bia, "the last one", sentence)
    expect(found == wanted, f"{sentence} She received {inwords(found)} instead.")


async def test_new_messages_travel(enters, room):
    """Ana and Bia, who are both there, receive each new message."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    await says(ana, "one")
    await bia.hears("Bia should have received the new message.", text="one", seq=1)
    await says(ana, "two")
    await bia.hears("Bia should have received the new message.", text="two", seq=2)


async def test_what_is_missing(enters, room):
    """Bia, who has 2 of 5, gets 3, 4 and 5, and then the new ones."""
    await fill(room, 5)
    ana, bia = await enters("Ana", room, 5), await enters("Bia", room, 2)
    await hears_all(bia, ana, 3, 5, "With ?after=2")


async def test_however_many(enters, room):
    """Bia, who has 5 of 120, gets all of the other 115."""
    await fill(room, 120)
    ana, bia = await enters("Ana", room, 120), await enters("Bia", room, 5)
    await hears_all(bia, ana, 6, 120, "With ?after=5 and 120 messages")


async def test_a_new_page_gets_everything(enters, room):
    """Without `after`, Bia gets everything."""
    await fill(room, 3)
    ana, bia = await enters("Ana", room, 3), await enters("Bia", room)
    await hears_all(bia, ana, 1, 3, "Without ?after")


async def test_nonsense_gets_everything(enters, room):
    """An `after` that isn't a number gets everything."""
    await fill(room, 3)
    for nonsense in ("x", "-1", "2.5", "%C2%B2", "None", "", "7" * 5000):
        bia = await enters("Bia", room, nonsense)
        shown = nonsense if len(nonsense) < 20 else "7777… (5,000 digits)"
        shown = "²" if nonsense == "%C2%B2" else shown
        for seq in (1, 2, 3):
            await bia.hears(
                f"With ?after={shown}, Bia should get message {seq}.", seq=seq
            )


async def test_the_future_gets_everything(enters, room):
    """An `after` that doesn't exist yet gets everything, and then the new ones."""
    await fill(room, 3)
    ana, bia = await enters("Ana", room, 3), await enters("Bia", room, 1000)
    await hears_all(bia, ana, 1, 3, "With ?after=1000 and three messages")


async def test_nothing_falls_into_a_gap(enters, joins, room, layer):
    """A message that comes just before Bia joins the group isn't lost."""
    await fill(room, 3)
    ana = await joins("Ana", room, 3)
    join, has_joined = layer.group_add, asyncio.Event()

    async def group_add(group, channel):
        layer.group_add = join
        await says(ana, "in between")
        await join(group, channel)
        has_joined.set()

    layer.group_add = group_add
    bia = await enters("Bia", room, 1)
    await arrives(has_joined.wait(), "Bia's consumer should have joined the group.")
    when = "Ana wrote 4 just before Bia's consumer joined the group"
    await hears_all(bia, ana, 2, 4, when)


async def test_nothing_comes_twice(enters, joins, room, layer):
    """A message that comes just after Bia joins the group doesn't come twice."""
    await fill(room, 3)
    ana = await joins("Ana", room, 3)
    join, has_joined = layer.group_add, asyncio.Event()

    async def group_add(group, channel):
        layer.group_add = join
        await join(group, channel)
        await says(ana, "in between")
        has_joined.set()

    layer.group_add = group_add
    bia = await enters("Bia", room, 1)
    await arrives(has_joined.wait(), "Bia's consumer should have joined the group.")
    when = "Ana wrote 4 just after Bia's consumer joined the group"
    await hears_all(bia, ana, 2, 4, when)


async def test_nothing_overtakes(enters, joins, room, monkeypatch):
    """A message that comes while Bia catches up arrives once, and in its turn."""
    from chat import history

    pause = history.pause
    for moment in range(1, 6):
        place = f"{room}-{moment}"
        await fill(place, 60)
        ana = await joins("Ana", place, 60)
        pauses, has_spoken = itertools.count(1), asyncio.Event()

        async def speaks(ana=ana, pauses=pauses, moment=moment, has_spoken=has_spoken):
            await pause()
            if next(pauses) == moment:
                await says(ana, "meanwhile")
                has_spoken.set()

        monkeypatch.setattr(history, "pause", speaks)
        bia = await enters("Bia", place, 0)
        for seq in range(1, 61):
            await bia.hears(
                f"Ana wrote 61 while Bia's consumer read the history: Bia should get {seq} first.",
                seq=seq,
            )
        monkeypatch.setattr(history, "pause", pause)
        if next(pauses) > moment:
            await arrives(has_spoken.wait(), ANA)
        written = len(history.rooms[place])
        when = "Ana wrote while Bia's consumer read the history. After 60"
        await hears_all(bia, ana, 61, written, when)


async def test_a_lost_event_leaves_no_gap(enters, room, layer):
    """If the layer loses an event, the next one brings both messages."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    await says(ana, "one")
    send = layer.group_send

    async def loses(group, event):
        layer.group_send = send

    layer.group_send = loses
    await ana.says(text="two", sender="Ana")
    await ana.says(text="three", sender="Ana")
    sentence = "The layer lost the event of message 2, and then brought 3: Bia should have received 1, 2, 3."
    found = await numbers_until(bia, "three", sentence)
    expect(found == [1, 2, 3], f"{sentence} She received {inwords(found)} instead.")


async def test_late_events_change_nothing(enters, room, layer):
    """If events arrive in the wrong order, the messages don't."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    await says(ana, "one")
    send, held = layer.group_send, []

    async def holds(group, event):
        held.append((group, event))
        if len(held) == 2:
            layer.group_send = send
            for later in reversed(held):
                await send(*later)

    layer.group_send = holds
    await ana.says(text="two", sender="Ana")
    await ana.says(text="three", sender="Ana")
    for seq in (2, 3):
        sentence = f"The layer brought 3 before 2: Ana should have received {seq} now."
        await ana.hears(sentence, seq=seq)
    await hears_all(bia, ana, 1, 3, "The layer brought 3 before 2")
