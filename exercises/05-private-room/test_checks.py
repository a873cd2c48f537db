"""What a private room promises."""

import itertools

import pytest

from course.exercise.kit import ORIGIN, cookie_of, expect

NOT_FOR_YOU = 4403
numbers = itertools.count(1)


@pytest.fixture
def room():
    """Return a private room of Ana's and Bia's, which no other check has used."""
    from chat.members import members

    name = f"staff-{next(numbers)}"
    members[name] = {"Ana", "Bia"}
    return name


@pytest.fixture
def enters(opens):
    """Return what opens a socket for somebody who has logged in: `await enters("Ana")`."""

    async def enter(name, room, sentence=""):
        headers = (ORIGIN, cookie_of(name)) if name else (ORIGIN,)
        who = name or "Somebody who hasn't logged in"
        return await opens(who, room, headers=headers, sentence=sentence)

    return enter


async def stranger(enters, name, room):
    """Return a person who may not enter, accepted all the same."""
    return await enters(
        name,
        room,
        f"{name or 'Someone who has not logged in'} may not enter, but the socket should"
        " be accepted first: a page can't read the close code of a socket that never opened.",
    )


async def is_gone(person, sentence):
    """Require the close with 4403; then tell the consumer, as a server does."""
    frames = []
    while True:
        event = await person.event(sentence)
        if event["type"] == "websocket.close":
            break
        frames.append(event.get("text") or "")
    code = event.get("code", 1000)
    expect(
        code == NOT_FOR_YOU,
        f"{person.name}'s socket should be closed with code 4403, not with {code}.",
    )
    await person.socket.send_input({"type": "websocket.disconnect", "code": code})
    return frames


async def test_members_talk(enters, room):
    """Ana and Bia chat in the private room, and people who join later get the history."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    await ana.says(text="hi", sender="Ana")
    await bia.hears("Bia should have received Ana's message.", text="hi", sender="Ana")
    later = await enters("Bia", room)
    await later.hears("Bia should have got what was said before.", text="hi")
    await later.says(text="I'm back", sender="Bia")
    await ana.hears("Ana should have received her own message.", text="hi")
    await ana.hears("Ana should have received Bia's message.", text="I'm back")


async def test_an_open_room_is_open(enters):
    """Caio, and someone who hasn't logged in, can still enter a room that is open to all."""
    room = f"open-{next(numbers)}"
    caio, guest = await enters("Caio", room), await enters(None, room)
    await guest.says(text="hi")
    await caio.hears(
        "Caio should have received the message in the open room.", text="hi"
    )


async def test_a_stranger_is_told_and_closed(enters, room):
    """Caio, who isn't a member, gets an error, and is closed with code 4403."""
    for name in ("Caio", None):
        caio = await stranger(enters, name, room)
        sentence = (
            f"{caio.name} may not enter, so the socket should be closed with code 4403"
            " as soon as it opens, even if the client sends nothing."
        )
        frames = await is_gone(caio, sentence)
        expect(
            any('"error"' in frame for frame in frames),
            f"{caio.name} should get a frame with an `error` before the close.",
        )


async def test_a_stranger_gets_no_history(enters, room):
    """Caio gets none of the earlier messages."""
    ana = await enters("Ana", room)
    await ana.says(text="the exam's answers", sender="Ana")
    await ana.hears("Ana should have received her own message.")
    caio = await stranger(enters, "Caio", room)
    frames = await is_gone(caio, "Caio's socket should have been closed with 4403.")
    expect(
        not any("exam" in frame for frame in frames),
        "Caio got the room's history before his socket was closed.",
    )
    expect(
        len(frames) == 1,
        f"Caio should get one frame, with an error, but got {len(frames)}.",
    )
    await ana.says(text="is he gone?", sender="Ana")
    await caio.hears_nothing(
        "Nothing should be sent to Caio once his socket is closed."
    )


async def test_a_stranger_who_writes_at_once_isnt_heard(enters, room):
    """Caio sends a message as soon as his socket opens, and nobody receives it."""
    ana, caio = await enters("Ana", room), await stranger(enters, "Caio", room)
    await caio.says(text="hello from Caio", sender="Ana")
    await caio.is_closed("Caio's socket should have been closed.", NOT_FOR_YOU)
    await ana.hears_nothing(
        "Caio wrote as soon as his socket was open, and his message reached the room."
    )


async def test_the_end_of_a_membership_closes_the_sockets(enters, room):
    """When Bia is removed, all of her sockets in the room are closed at once."""
    from chat.members import remove

    bia, tab = await enters("Bia", room), await enters("Bia", room)
    await remove("Bia", room)
    frames = await is_gone(
        bia, "Bia was removed, so her socket should be closed at once."
    )
    expect(
        len(frames) == 1 and '"error"' in frames[0],
        "Bia was removed: she should get one frame with an `error` before the close.",
    )
    await is_gone(tab, "Bia was removed, so her second tab should be closed, too.")
    ana = await enters("Ana", room)
    await ana.says(text="bye")
    await ana.hears("Ana should have received her own message.")
    await bia.hears_nothing("Bia was removed, and should receive nothing more.")
    await is_gone(
        await stranger(enters, "Bia", room),
        "Bia was removed, and shouldn't be able to return.",
    )


async def test_the_others_stay(enters, room):
    """When Bia is removed, Ana stays, and so does Bia in another room."""
    from chat.members import members, remove

    other = f"{room}-too"
    members[other] = {"Ana", "Bia"}
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    elsewhere = await enters("Bia", other)
    await remove("Bia", room)
    await is_gone(bia, "Bia was removed, so her socket should be closed at once.")
    await ana.says(text="still here")
    await ana.hears(
        "Bia was removed, not Ana: Ana's socket should stay open.", text="still here"
    )
    await elsewhere.says(text="me too")
    await elsewhere.hears(
        "Bia was removed from one room: her socket in another should stay open.",
        text="me too",
    )


async def test_a_lost_event_is_no_way_around(enters, room):
    """If the event gets lost, Bia is refused when she next writes."""
    from chat.members import members

    ana, bia = await enters("Ana", room), await enters("Bia", room)
    members[room].discard("Bia")
    await bia.says(text="can you hear me?")
    await ana.hears_nothing(
        "Bia's membership had ended, though the event got lost: her message"
        " shouldn't have reached Ana."
    )
    sentence = "Bia's membership had ended: her socket should be closed when she next writes, even without the event."
    await is_gone(bia, sentence)
