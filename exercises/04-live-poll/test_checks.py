"""What the poll promises."""

import asyncio
import json
import uuid
from urllib.parse import quote

import pytest
from channels.layers import channel_layers
from channels_redis.core import RedisChannelLayer

from course.exercise.kit import NotYet, another_server, arrives, expect

BAD = [
    "tea",
    '"tea"',
    "7",
    "[]",
    "{}",
    '{"vote": "beer"}',
    '{"vote": null}',
    '{"vote": ["tea"]}',
    '{"vote": {"tea": 1}}',
    '{"vote": 1}',
    '{"vote": ""}',
    b"\0",
]
DRINKS = ("tea", "coffee", "juice")


@pytest.fixture
def room():
    """Return a room without votes, because a Redis may remember others."""
    return f"class {uuid.uuid4()}"


@pytest.fixture
def enters(opens):
    """Return what lets a person into a poll, on a server of its own or a given one."""
    common = another_server()

    async def enters(name, room, app=common):
        return await opens(name, path=f"/ws/poll/{quote(room)}/", app=app)

    return enters


async def sees(person, sentence, **votes):
    """Wait until a person has got these totals; older ones may come before."""
    wanted = dict.fromkeys(DRINKS, 0) | votes
    last = "nothing"
    while True:
        try:
            frame = await person.hears(sentence)
        except NotYet as problem:
            if str(problem) != sentence:
                raise  # the socket was closed, or the frame isn't JSON
            raise NotYet(
                f"{sentence} {person.name} received {last} in the end."
            ) from None
        expect("error" not in frame, f"{sentence} {person.name} received {frame}.")
        if frame.get("totals") == wanted:
            return
        last = json.dumps(frame)


async def test_a_newcomer_sees_zeros(enters, room):
    """Ana enters a new poll, and sees three zeros."""
    ana = await enters("Ana", room)
    zeros = {"tea": 0, "coffee": 0, "juice": 0}
    sentence = f"Nobody has voted yet in this room. Ana should have got {json.dumps(zeros)} as `totals`."
    await ana.hears(sentence, totals=zeros)


async def test_a_vote_is_counted(enters, room):
    """Ana and Bia vote, and both see all votes."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    await ana.says(vote="tea")
    for person in (ana, bia):
        sentence = f"Ana voted for tea. {person.name} should have seen 1 for tea."
        await sees(person, sentence, tea=1)
    await bia.says(vote="coffee")
    for person in (ana, bia):
        sentence = f"Bia voted for coffee. {person.name} should have seen 1 for each."
        await sees(person, sentence, tea=1, coffee=1)


async def test_each_room_has_its_own_poll(enters, room):
    """A vote in another room doesn't count here."""
    ana, caio = (
        await enters("Ana", f"café {room}"),
        await enters("Caio", f"cafe {room}"),
    )
    await ana.says(vote="tea")
    await sees(ana, "Ana voted for tea, and should have seen it.", tea=1)
    await caio.says(vote="juice")
    sentence = (
        "Ana voted in café, another room than cafe. Caio, in cafe, should have seen only"
        " his own vote."
    )
    await sees(caio, sentence, juice=1)


async def test_a_latecomer_sees_the_totals(enters, room):
    """Caio comes late, and sees the votes so far."""
    ana = await enters("Ana", room)
    await ana.says(vote="tea")
    await sees(ana, "Ana voted for tea, and should have seen it.", tea=1)
    await ana.leaves()
    caio = await enters("Caio", room)
    sentence = (
        "Ana voted for tea and left. Caio should have seen her vote when he came."
    )
    await sees(caio, sentence, tea=1)


async def test_each_socket_has_one_vote(enters, room):
    """Ana's second vote gets an error and isn't counted; Bia's first is."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    await ana.says(vote="tea")
    await sees(ana, "Ana voted for tea, and should have seen it.", tea=1)
    for vote in ("tea", "juice"):
        await ana.says(vote=vote)
        sentence = "Ana voted again. She should have got a frame with an `error`."
        while "error" not in (frame := await ana.hears(sentence)):
            expect(frame.get("totals", {}).get("tea") == 1, f"{sentence} Got: {frame}")
    await bia.says(vote="tea")
    await sees(bia, "Ana's second vote shouldn't count, and Bia's should.", tea=2)


async def test_an_invalid_frame_gets_an_error(enters, room):
    """An invalid frame gets an error, and doesn't use up the vote."""
    ana = await enters("Ana", room)
    await sees(ana, "Ana should have got the totals when she came.")
    for frame in BAD:
        await ana.sends(frame)
        sentence = f"Ana sent {frame}, and should have got a frame with an `error`."
        said = await ana.hears(sentence)
        wanted = isinstance(said.get("error"), str)
        expect(wanted, f"{sentence} She received {json.dumps(said)}.")
    await ana.says(vote="tea")
    try:
        await sees(ana, "Ana's first valid vote should have been counted.", tea=1)
    except NotYet as problem:
        raise NotYet(f"{problem} An invalid frame must not use up her vote.") from None


async def test_the_chat_does_not_notice(enters, opens, room):
    """The chat in the room of the same name doesn't notice the poll."""
    server = another_server()
    bia = await opens("Bia", room, app=server)
    ana = await enters("Ana", room, app=server)
    await ana.says(vote="tea")
    await sees(ana, "Ana voted for tea, and should have seen it.", tea=1)
    sentence = "The chat in the room should work as before while Ana votes in the poll."
    try:
        await bia.says(text="oi", sender="Bia")
        await bia.hears(sentence, text="oi")
    except ValueError as problem:
        raise NotYet(f"{sentence} Bia's socket ended in: {problem}.") from problem
    try:
        await ana.hears_nothing(
            "Ana, in the poll, shouldn't receive the chat's messages.", 0.02
        )
    except ValueError as problem:
        raise NotYet(f"The chat killed Ana's poll: {problem}.") from problem


async def test_two_servers_count_together(enters, room):
    """Ana and Bia, on two servers, see the same totals."""
    ana = await enters("Ana", room, app=another_server())
    bia = await enters("Bia", room, app=another_server())
    await ana.says(vote="tea")
    await sees(bia, "Bia is on another server, and should have seen Ana's vote.", tea=1)
    await bia.says(vote="tea")
    for person in (ana, bia):
        sentence = (
            f"Two votes for tea, each on another server. {person.name} should see 2."
        )
        await sees(person, sentence, tea=2)


async def test_votes_at_the_same_moment(enters, room):
    """Twenty people on two servers vote at the same moment, and every vote counts."""
    servers = [another_server(), another_server()]
    people = [
        await enters(f"Voter {number}", room, app=servers[number % 2])
        for number in range(20)
    ]
    caio = await enters("Caio", room)
    await sees(caio, "Caio should have got the totals when he came.")
    for person in people:
        await person.says(vote="tea")
    sentence = (
        "Twenty people voted for tea at the same moment. Caio should have seen 20."
    )
    try:
        await sees(caio, sentence, tea=20)
    except NotYet as problem:
        raise NotYet(f"{problem} Some were lost.") from None


async def test_a_vote_while_somebody_enters(enters, room, monkeypatch):
    """Caio doesn't miss a vote that is cast while he enters."""
    ana = await enters("Ana", room)
    anas_layer = channel_layers.backends["default"]
    begins, may_end = asyncio.Event(), asyncio.Event()
    group_add = RedisChannelLayer.group_add

    async def slow_group_add(layer, group, channel):
        if layer is not anas_layer:
            begins.set()
            await may_end.wait()
        await group_add(layer, group, channel)

    monkeypatch.setattr(RedisChannelLayer, "group_add", slow_group_add)
    entering = asyncio.create_task(enters("Caio", room, app=another_server()))
    try:
        await arrives(begins.wait(), "Caio should have joined a group of the layer.")
        await ana.says(vote="tea")
        await sees(ana, "Ana voted for tea, and should have seen it.", tea=1)
    finally:
        may_end.set()
        await asyncio.wait([entering])
    caio = await entering
    sentence = "Ana voted while he was entering. Caio should have seen it in the end."
    await sees(caio, sentence, tea=1)
