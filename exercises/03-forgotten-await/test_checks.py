"""What a room promises whose consumer has joined its group."""

import asyncio

from course.exercise.kit import arrives, expect, slow_down


async def test_a_page_connects(opens):
    """Ana's page connects."""
    await opens("Ana")


async def test_the_sender_hears_it(opens):
    """Ana sees her own message."""
    ana = await opens("Ana")
    await ana.says(text="hi", sender="Ana")
    await ana.hears(
        "Ana should have received her own message.", text="hi", sender="Ana"
    )


async def test_the_others_hear_it(opens):
    """Bia sees Ana's message."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(text="hi", sender="Ana")
    await bia.hears("Bia should have received Ana's message.", text="hi", sender="Ana")


async def test_another_room_hears_nothing(opens):
    """Caio, in another room, sees nothing."""
    ana, caio = await opens("Ana"), await opens("Caio", "hallway")
    await ana.says(text="from Ana")
    await ana.hears("Ana should have received her own message.", text="from Ana")
    await caio.says(text="from Caio")
    sentence = "Caio, in another room, shouldn't receive Ana's message."
    await caio.hears(sentence, text="from Caio")


async def test_nothing_is_lost_if_the_layer_is_slow(opens, monkeypatch):
    """Bia sees what is said as soon as she is connected, even if the layer is slow."""
    from channels.layers import get_channel_layer

    ana = await opens("Ana")
    asked, may_join = slow_down(get_channel_layer(), monkeypatch)
    knocking = asyncio.create_task(opens("Bia"))
    await arrives(asked.wait(), "Bia's consumer should have joined her room's group.")
    for _ in range(20):  # turns of the event loop, for all that doesn't wait
        await asyncio.sleep(0)
    if knocking.done() or not opens.people[-1].socket.output_queue.empty():
        bia = await knocking
        await ana.says(text="first")
        await ana.hears("Ana should have received her own message.", text="first")
        await bia.hears(
            "Bia's socket was accepted before she was in the group, so she missed what"
            " Ana said then.",
            text="first",
        )
    may_join.set()
    bia = await knocking
    await ana.says(text="hi")
    await bia.hears("Bia should have received Ana's message.", text="hi")


async def test_people_leave_and_malformed_frames_get_an_error(opens):
    """Leaving and malformed frames work as before."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await bia.leaves()
    await ana.sends("not JSON")
    sentence = "Ana should have got an `error` for a frame that isn't JSON."
    expect("error" in await ana.hears(sentence), sentence)
    await ana.says(text="hi")
    sentence = "Ana should have received her own message after Bia had left."
    await ana.hears(sentence, text="hi")
