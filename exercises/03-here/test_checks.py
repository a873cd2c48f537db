"""What the number of open windows promises."""

from functools import partial

import pytest


@pytest.fixture
def comes(opens, request):
    """Return what lets a person come into this check's own room: `comes("Ana", 1)`.

    The solution remembers its numbers from check to check, so no two share a room.
    """
    return partial(come, opens, room=request.node.name)


async def come(opens, name, number, *, room, before=()):
    """Return a person who has come in; check that all of the room hear the number."""
    person = await opens(name, room)
    for one in (person, *before):
        whom = "coming in" if one is person else f"{name} joined"
        sentence = f'should have received {{"here": {number}}}.'
        await one.hears(f"After {whom}, {one.name} {sentence}", here=number)
    return person


async def goes(person, number, rest):
    """Let a person leave; check that the rest hear the number."""
    await person.leaves()
    for one in rest:
        sentence = f'{one.name} should have received {{"here": {number}}}'
        await one.hears(f"{sentence} after {person.name} had left.", here=number)


async def test_who_comes_in_hears_the_number(comes):
    """Ana joins, and is notified that one window is here."""
    await comes("Ana", 1)


async def test_who_comes_in_hears_it_once(comes):
    """Ana receives the number only once."""
    ana = await comes("Ana", 1)
    await ana.says(text="hi")
    sentence = "After the number, Ana should have received only her own message."
    await ana.hears(sentence, text="hi")


async def test_everyone_hears_that_somebody_came_in(comes):
    """Bia joins, then Dora, and everyone receives the new number."""
    ana = await comes("Ana", 1)
    bia = await comes("Bia", 2, before=[ana])
    await comes("Dora", 3, before=[ana, bia])


async def test_the_others_hear_that_somebody_has_left(comes):
    """Bia leaves, and the others receive the new number."""
    ana = await comes("Ana", 1)
    bia = await comes("Bia", 2, before=[ana])
    dora = await comes("Dora", 3, before=[ana, bia])
    await goes(bia, 2, [ana, dora])
    await goes(ana, 1, [dora])
    await comes("Bia", 2, before=[dora])


async def test_an_empty_room_begins_again(comes):
    """After everyone has left, the number begins at one again."""
    for _ in range(2):
        ana = await comes("Ana", 1)
        bia = await comes("Bia", 2, before=[ana])
        await goes(ana, 1, [bia])
        await goes(bia, 0, [])


async def test_each_room_counts_its_own(comes):
    """Each room counts its own windows, and receives nothing from the others."""
    ana = await comes("Ana", 1, room="café")
    caio = await comes("Caio", 1, room="cafe")
    bia = await comes("Bia", 2, room="café", before=[ana])
    await goes(bia, 1, [ana])
    sentence = (
        "Caio, in another room, shouldn't receive a number that's for Ana's room."
    )
    await caio.says(text="hi")
    await caio.hears(sentence, text="hi")


async def test_messages_work_as_before(comes):
    """Messages work as before."""
    ana = await comes("Ana", 1)
    bia = await comes("Bia", 2, before=[ana])
    for text in ("hi", "bye"):
        await ana.says(text=text, sender="Ana")
        for person in (ana, bia):
            sentence = f"{person.name} should have received only the message {text!r}."
            await person.hears(sentence, text=text, sender="Ana")
    await ana.sends("not JSON")
    await ana.hears("Ana should have got an `error` for a frame that isn't JSON.")
