"""What the group promises."""

import asyncio

from course.exercise.kit import expect

ROOMS = [
    "café",
    "cafe",
    "cafè",
    "a b",
    "a-b",
    "a_b",
    "日本語",
    "日本人",
    "x" * 200,
    "x" * 201,
]


def layer():
    """Return the channel layer, which the settings must configure."""
    from channels.layers import get_channel_layer

    found = get_channel_layer()
    expect(found, "The settings should have a channel layer: CHANNEL_LAYERS.")
    return found


async def test_bia_hears_ana(opens):
    """Bia receives Ana's message, and so does Ana."""
    layer()
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(text="hi", sender="Ana")
    said = {"text": "hi", "sender": "Ana", "room": "class"}
    await bia.hears("Bia should have received Ana's message.", **said)
    await ana.hears("Ana should have received her own message.", **said)
    await ana.hears_nothing("Ana should receive her own message only once.", 0.05)


async def test_another_room_hears_nothing(opens):
    """Caio, in another room, receives nothing."""
    ana, caio = await opens("Ana"), await opens("Caio", "hallway")
    await ana.says(text="hi", sender="Ana")
    await ana.hears("Ana should have received her own message.", text="hi")
    await caio.hears_nothing(
        "Caio, in another room, shouldn't receive Ana's message.", 0.05
    )


async def test_any_room_works(opens):
    """A room with any name works."""
    for room in ROOMS:
        sentence = f"There should be a socket for the room {room[:20]}."
        ana = await opens("Ana", room, sentence=sentence)
        bia = await opens("Bia", room, sentence=sentence)
        await ana.says(text="hi", sender="Ana")
        await bia.hears(
            f"In {room[:20]}, Bia should have received Ana's message.", room=room
        )


async def test_rooms_that_look_alike_are_apart(opens):
    """Rooms whose names look alike stay apart."""
    people = [(room, await opens(f"Ana in {room[:20]}", room)) for room in ROOMS]
    for room, ana in people:
        await ana.says(text=room, sender="Ana")
    for room, ana in people:
        await ana.hears(
            f"In {room[:20]}, Ana should receive only messages from her room.",
            text=room,
        )
    await people[0][1].hears_nothing(
        "Ana should receive only messages from her own room.", 0.05
    )


async def test_ana_joins_before_she_is_accepted(opens, monkeypatch):
    """Ana is in the group before her socket is accepted."""
    kind = type(layer())
    begun, joined = [], []
    original = kind.group_add

    async def slow(self, group, channel):
        begun.append(group)
        await asyncio.sleep(0.03)
        await original(self, group, channel)
        joined.append(group)

    monkeypatch.setattr(kind, "group_add", slow)
    await opens("Ana")
    first = bool(joined)
    await asyncio.sleep(0.05)
    expect(begun, "connect() should call group_add().")
    expect(
        first,
        "Ana's socket was accepted before she was in the group:"
        " she misses what is sent in between.",
    )


async def test_who_leaves_is_no_longer_in_the_group(opens, monkeypatch):
    """When Ana leaves, she leaves the group."""
    kind = type(layer())
    added, gone = [], []
    add, discard = kind.group_add, kind.group_discard

    async def noted_add(self, group, channel):
        added.append((group, channel))
        await add(self, group, channel)

    async def noted_discard(self, group, channel):
        gone.append((group, channel))
        await discard(self, group, channel)

    monkeypatch.setattr(kind, "group_add", noted_add)
    monkeypatch.setattr(kind, "group_discard", noted_discard)
    ana = await opens("Ana")
    await ana.leaves()
    expect(
        set(added) <= set(gone), "When Ana leaves, her channel should leave the group."
    )


async def test_nonsense_still_gets_an_error(opens):
    """An invalid frame still gets an error, which only its sender receives."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.sends("hi")
    sentence = "Ana should still have received an `error` for a frame that isn't JSON."
    expect("error" in await ana.hears(sentence), sentence)
    await bia.hears_nothing("Bia shouldn't be notified of Ana's mistake.", 0.05)
