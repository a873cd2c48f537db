"""What a room promises that loses no message and greets each page."""

import asyncio

from course.exercise.kit import arrives, slow_down


async def greeted(person, room="class"):
    """Return a person who has been greeted."""
    sentence = f'{person.name} should first have received "Welcome to {room}."'
    await person.hears(sentence, notice=f"Welcome to {room}.")
    return person


async def test_the_page_is_greeted(opens):
    """Ana is greeted, and doesn't receive Bia's greeting."""
    ana = await greeted(await opens("Ana"))
    await greeted(await opens("Bia"))
    await ana.says(text="hi")
    await ana.hears("Ana shouldn't receive Bia's greeting.", text="hi")


async def test_a_room_begins_empty(opens):
    """Bia, who comes later, doesn't receive earlier messages."""
    ana = await greeted(await opens("Ana", "quiet"), "quiet")
    await ana.says(text="before")
    await ana.hears("Ana should have received her own message.", text="before")
    bia = await greeted(await opens("Bia", "quiet"), "quiet")
    await bia.says(text="after")
    await bia.hears(
        "Bia shouldn't receive messages that were sent before she came.", text="after"
    )


async def test_messages_arrive(opens):
    """Ana and Bia receive Ana's messages, once."""
    ana, bia = await greeted(await opens("Ana")), await greeted(await opens("Bia"))
    for text in ("one", "two"):
        await ana.says(text=text)
        for person in (ana, bia):
            sentence = f"{person.name} should have received each message of Ana's once."
            await person.hears(sentence, text=text)


async def test_another_room_hears_nothing(opens):
    """Caio, in another room, receives nothing."""
    ana = await greeted(await opens("Ana"))
    caio = await greeted(await opens("Caio", "hallway"), "hallway")
    await ana.says(text="from Ana")
    await ana.hears("Ana should have received her own message.", text="from Ana")
    await caio.says(text="from Caio")
    await caio.hears(
        "Caio, in another room, shouldn't receive Ana's message.", text="from Caio"
    )


async def test_nothing_is_lost_if_the_layer_is_slow(opens, monkeypatch):
    """Bia sees what is said as soon as she is connected, even if the layer is slow."""
    from channels.layers import get_channel_layer

    ana = await opens("Ana")
    asked, may_join = slow_down(get_channel_layer(), monkeypatch)
    await greeted(ana)
    knocking = asyncio.create_task(opens("Bia"))
    await arrives(asked.wait(), "Bia's consumer should have joined her room's group.")
    for _ in range(20):  # turns of the event loop, for all that doesn't wait
        await asyncio.sleep(0)
    if knocking.done() or not opens.people[-1].socket.output_queue.empty():
        bia = await knocking
        await ana.says(text="first")
        await ana.hears("Ana should have received her own message.", text="first")
        may_join.set()
        await greeted(bia)
        await bia.hears(
            "Bia's socket was accepted before she was in the group, so she missed what"
            " Ana said then.",
            text="first",
        )
    may_join.set()
    bia = await knocking
    await greeted(bia)
    await ana.says(text="hi")
    await bia.hears("Bia should have received Ana's message.", text="hi")
