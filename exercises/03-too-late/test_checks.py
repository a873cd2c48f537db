"""What a room with three seats promises. Each check has rooms of its own."""

from course.exercise.kit import arrives, expect

FULL = "This room is full."


async def seated(opens, name, room, sentence):
    """Return a person who has got a seat: she hears herself."""
    person = await opens(name, room, sentence=sentence)
    await person.says(text=f"hi from {name}")
    await hears_text(person, f"hi from {name}", sentence)
    return person


async def hears_text(person, text, sentence):
    """Wait until a person hears a text; raise NotYet if there is an error instead."""
    frame = {}
    while frame.get("text") != text:
        frame = await person.hears(sentence)
        expect("error" not in frame, f"{sentence} {person.name} received {frame}.")


async def fill(opens, room):
    """Let Ana, Bia and Caio take the three seats of a room."""
    sentence = "Ana, Bia and Caio should each get a seat."
    return [
        await seated(opens, name, room, sentence) for name in ("Ana", "Bia", "Caio")
    ]


async def refused(opens, name, room):
    """Return a person who has been told that the room is full."""
    sentence = f'{name} should get an error, "{FULL}", and the code 4409, because three people are in.'
    person = await opens(name, room, sentence=sentence)
    await person.hears(sentence, error=FULL)
    await person.is_closed(sentence, code=4409)
    return person


async def leaves(person):
    """Let a person leave, and raise what ended their consumer, if anything did."""
    await person.socket.send_input({"type": "websocket.disconnect", "code": 1001})
    sentence = f"{person.name}'s consumer should end when the socket closes."
    await arrives(person.socket.future, sentence)


async def leaves_somehow(person):
    """Let a person leave, however their consumer ends."""
    try:
        await leaves(person)
    except (AttributeError, TypeError):
        pass  # another check looks at this


async def test_three_get_in(opens):
    """Ana, Bia and Caio get in, and receive each other's messages."""
    ana, bia, caio = await fill(opens, "one")
    await ana.says(text="hi", sender="Ana")
    for person in (bia, caio):
        await hears_text(
            person, "hi", f"{person.name} should have received Ana's message."
        )


async def test_rooms_dont_disturb_each_other(opens):
    """Another room has seats of its own, and doesn't receive a full room's messages."""
    ana, *_ = await fill(opens, "two")
    eva = await seated(
        opens, "Eva", "another", "Eva should get a seat in another room."
    )
    await ana.says(text="secret")
    await hears_text(
        ana, "secret", "Ana should receive her own message when another room opens."
    )
    await eva.says(text="hi")
    await eva.hears("Eva, in another room, shouldn't receive Ana's message.", text="hi")


async def test_the_fourth_is_told(opens):
    """Duda, the fourth, gets the error that the room is full, and code 4409."""
    await fill(opens, "three")
    await refused(opens, "Duda", "three")


async def test_the_fourth_hears_nothing(opens):
    """Duda receives nothing that's sent in the full room."""
    ana, *_ = await fill(opens, "four")
    duda = await refused(opens, "Duda", "four")
    await ana.says(text="secret")
    await hears_text(ana, "secret", "Ana should have received her own message.")
    await duda.hears_nothing(
        "Duda was refused, so she shouldn't receive Ana's message."
    )


async def test_a_seat_becomes_free(opens):
    """When Caio leaves, Duda gets his seat, even though she was refused before."""
    *_, caio = await fill(opens, "five")
    await leaves_somehow(await refused(opens, "Duda", "five"))
    await leaves_somehow(caio)
    await seated(opens, "Duda", "five", "Caio has left, so Duda should get the seat.")


async def test_a_full_room_stays_full(opens):
    """The room stays full, however often somebody is refused."""
    *_, caio = await fill(opens, "six")
    for name in ("Duda", "Eva", "Duda"):
        await leaves_somehow(await refused(opens, name, "six"))
    await leaves_somehow(caio)
    await seated(opens, "Duda", "six", "Caio has left, so Duda should get the seat.")
    await refused(opens, "Eva", "six")


async def test_the_fourth_leaves_without_an_error(opens):
    """When Duda's socket closes, her consumer ends without an exception."""
    await fill(opens, "seven")
    await leaves(await refused(opens, "Duda", "seven"))


async def test_nobody_stays_in_the_group(opens):
    """Nobody stays in the group after leaving."""
    from channels.layers import get_channel_layer

    people = await fill(opens, "eight")
    people.append(await refused(opens, "Duda", "eight"))
    for person in people:
        await leaves(person)
    left = [group for group in get_channel_layer().groups.values() if group]
    sentence = "Once all have left, no group should contain their channels."
    expect(not left, sentence)
