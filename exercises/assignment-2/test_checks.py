"""What the news promise, through their socket only, on several servers."""

import asyncio
import json
import uuid
from urllib.parse import quote

import pytest
from channels_redis.core import RedisChannelLayer

from course.exercise.kit import NotYet, another_server, expect

GOOD = "a sentence"
BAD_FRAMES = [" ", "not JSON", "[]", "5", "null", "{}", b"\0", "[" * 20_000]
BAD_FRAMES += [
    json.dumps(frame)
    for frame in (
        {"post": "oi"},
        {"cid": "k1"},
        {"post": "", "cid": "k1"},
        {"post": "a" * 2001, "cid": "k1"},
        {"post": 5, "cid": "k1"},
        {"post": GOOD, "cid": ""},
        {"post": GOOD, "cid": "k" * 65},
        {"post": GOOD, "cid": 7},
        {"post": GOOD, "cid": None},
        {"post": GOOD, "cid": ["k1"]},
    )
]
MANY = 110  # more than a queue of the layer holds


@pytest.fixture
def room():
    """Return a room without news, because a Redis may remember others."""
    return f"salão 7/{uuid.uuid4()}"


class Reader:
    """Somebody who follows the news of a room; each frame goes to its own list."""

    def __init__(self, person) -> None:
        self.person = person
        self.name = person.name
        self.news = []
        self.stored = []

    async def posts(self, text: str, cid: str = "") -> str:
        """Send a post; return its cid."""
        cid = cid or uuid.uuid4().hex
        await self.person.says(post=text, cid=cid)
        return cid

    async def frame(self, sentence: str) -> None:
        """Put the next frame where it belongs."""
        frame = await self.person.hears(sentence)
        news = frame.get("news")
        if isinstance(news, dict) and {"number", "text"} <= news.keys():
            self.news.append((news["number"], news["text"]))
        elif "stored" in frame and "cid" in frame:
            self.stored.append((frame["cid"], frame["stored"]))
        else:
            raise NotYet(f"{sentence} {self.name} received {json.dumps(frame)}.")

    async def gets(self, sentence: str, *texts: str, after: int = 0) -> None:
        """Wait until the news are these, numbered from `after` + 1, each once."""
        wanted = list(enumerate(texts, after + 1))
        while len(self.news) < len(wanted):
            try:
                await self.frame(sentence)
            except NotYet as problem:
                if str(problem) != sentence:
                    raise
                raise NotYet(
                    f"{sentence} {self.name} has {brief(self.news)}."
                ) from None
            if self.news != wanted[: len(self.news)]:
                break
        expect(self.news == wanted, f"{sentence} {self.name} has {brief(self.news)}.")

    async def is_told(self, cid: str, sentence: str) -> int:
        """Wait for the answer to a post; return its number."""
        while not any(one == cid for one, _ in self.stored):
            await self.frame(sentence)
        number = next(number for one, number in self.stored if one == cid)
        self.stored.remove((cid, number))
        expect(type(number) is int, f"{sentence} `stored` was {number!r}.")
        return number

    async def is_refused(self, sentence: str) -> None:
        """Get an error next."""
        frame = await self.person.hears(sentence)
        said = frame.get("error")
        wanted = said and isinstance(said, str)
        expect(wanted, f"{sentence} {self.name} received {json.dumps(frame)}.")


def brief(news: list) -> str:
    """Return what somebody has, in a few words."""
    if not news:
        return "nothing"
    shown = ", ".join(f"{number}: {text[:20]}" for number, text in news[-3:])
    return f"{shown}" if len(news) <= 3 else f"{len(news)} posts, the last are {shown}"


@pytest.fixture
def enters(opens):
    """Return what lets a person follow a room's news, on one server or a given one."""
    common = another_server()

    async def enter(name: str, room: str, query: str = "", app: object = common):
        path = f"/ws/news/{quote(room, safe='')}/{query and '?'}{query}"
        return Reader(await opens(name, path=path, app=app))

    return enter


@pytest.fixture
def events(monkeypatch):
    """Return a list: while it isn't None, the layer's events go there and get lost."""
    send = RedisChannelLayer.group_send

    class Events:
        kept = None

        async def release(self, calls: list) -> None:
            self.kept = None
            for layer, group, message in calls:
                await send(layer, group, message)

    events = Events()

    async def group_send(layer, group, message):
        if events.kept is None:
            await send(layer, group, message)
        else:
            events.kept.append((layer, group, message))

    monkeypatch.setattr(RedisChannelLayer, "group_send", group_send)
    return events


async def test_a_post_gets_a_number(enters, room):
    """Ana posts, is told the number, and she and Bia get the news."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    for number, text in enumerate(("No class today.", "Class at ten."), 1):
        cid = await ana.posts(f" {text} ")
        sentence = (
            f"Ana has posted, and should have been told that it's stored as {number}."
        )
        told = await ana.is_told(cid, sentence)
        expect(told == number, f"{sentence} She was told {told}.")
    for person in (ana, bia):
        sentence = (
            f"Ana has posted twice. {person.name} should have got both, in order."
        )
        await person.gets(sentence, "No class today.", "Class at ten.")


async def test_two_servers(enters, room):
    """Ana and Bia are on two servers, and their posts have numbers without gaps."""
    ana = await enters("Ana", room, app=another_server())
    bia = await enters("Bia", room, app=another_server())
    for person, text in ((ana, "one"), (bia, "two"), (ana, "three")):
        cid = await person.posts(text)
        await person.is_told(cid, f"{person.name} should have been told the number.")
    for person in (ana, bia):
        sentence = f"Three posts, on two servers. {person.name} should have got all."
        await person.gets(sentence, "one", "two", "three")


async def test_catching_up(enters, room):
    """Caio comes late, on a new server, and gets what he lacks, then what is new."""
    ana = await enters("Ana", room, app=another_server())
    for text in ("one", "two", "three"):
        await ana.is_told(
            await ana.posts(text), "Ana should have been told the number."
        )
    await ana.person.leaves()
    new = another_server()
    caio = await enters("Caio", room, app=new)
    await caio.gets(
        "Caio is new, and should have got all three.", "one", "two", "three"
    )
    duda = await enters("Duda", room, "after=2", app=new)
    await duda.gets("Duda has 2, and should have got 3.", "three", after=2)
    eva = await enters("Eva", room, "after=3", app=new)
    await caio.posts("four")
    sentence = "Eva has 3, and should have got only the new post."
    await eva.gets(sentence, "four", after=3)
    await duda.gets("Duda should have got the new post.", "three", "four", after=2)


async def test_any_other_after_means_everything(enters, room):
    """An `after` that isn't a number of a post here gets everything."""
    ana = await enters("Ana", room)
    for text in ("one", "two"):
        await ana.is_told(
            await ana.posts(text), "Ana should have been told the number."
        )
    for typed in ("", "x", "-1", "1.5", "3", "1000", "9" * 30, "%00"):
        bia = await enters("Bia", room, f"after={typed}")
        sentence = f'With "?after={typed}", Bia should have got everything.'
        await bia.gets(sentence, "one", "two")
        await bia.person.leaves()


async def test_invalid_frames(enters, room):
    """An invalid frame gets an error, to its sender only, and nothing is stored."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    for frame in BAD_FRAMES:
        await ana.person.sends(frame)
        await ana.is_refused(f"The frame {frame[:40]!r} should have got an `error`.")
    await ana.posts("Class at ten.", "k" * 64)
    sentence = (
        "After her mistakes, Ana has posted. Bia should have got that as number 1."
    )
    await bia.gets(sentence, "Class at ten.")


async def test_rooms_are_separate_and_the_chat_goes_on(enters, opens, room):
    """Each room has its own numbers and keys, and the chat works as before."""
    server = another_server()
    ana = await enters("Ana", f"café {room}", app=server)
    caio = await enters("Caio", f"cafe {room}", app=server)
    duda = await opens("Duda", f"café {room}", app=server)
    await ana.is_told(await ana.posts("one", "k1"), "Ana should have been told.")
    sentence = (
        "Caio has posted with the same `cid`, in another room: a post of its own."
    )
    told = await caio.is_told(await caio.posts("first", "k1"), sentence)
    expect(told == 1, f"{sentence} It should have the number 1 there, not {told}.")
    await caio.gets("Caio should have got only his room's news.", "first")
    sentence = "The chat in the room should work as before while Ana posts news."
    try:
        await duda.says(text="oi", sender="Duda")
        await duda.hears(sentence, text="oi")
        await ana.gets("Ana should have got her own post.", "one")
        await ana.person.hears_nothing("Ana shouldn't get the chat's messages.", 0.03)
    except ValueError as problem:
        raise NotYet(f"{sentence} A socket ended in: {problem}.") from problem


async def test_a_post_that_is_sent_again(enters, room):
    """Ana sends a post again, and it's stored once."""
    ana, bia = await enters("Ana", room), await enters("Bia", room)
    sentence = "Ana has sent one post three times: each time, the answer should be 1."
    for _ in range(3):
        told = await ana.is_told(await ana.posts("one", "k1"), sentence)
        expect(told == 1, f"{sentence} It was {told}.")
    await ana.is_told(await ana.posts("two", "k2"), "Ana should have been told.")
    for person in (ana, bia):
        sentence = f"{person.name} should have got each post once, with 1 and 2."
        await person.gets(sentence, "one", "two")


async def test_a_post_that_is_sent_again_elsewhere(enters, room):
    """Ana reconnects to another server, sends her post again, and it's stored once."""
    ana = await enters("Ana", room, app=another_server())
    await ana.is_told(await ana.posts("one", "k1"), "Ana should have been told.")
    await ana.is_told(await ana.posts("two", "k2"), "Ana should have been told.")
    await ana.person.leaves(1001)
    ana = await enters("Ana", room, app=another_server())
    sentence = "Ana has sent her first post again, to another server: still number 1."
    told = await ana.is_told(await ana.posts("one", "k1"), sentence)
    expect(told == 1, f"{sentence} The answer was {told}.")
    await ana.gets("The room should have two posts.", "one", "two")
    await ana.person.hears_nothing("Ana should have got each post once.", 0.05)


async def test_posts_at_the_same_moment(enters, room):
    """Twenty people on two servers post at once: twenty numbers, one order for all."""
    servers = [another_server(), another_server()]
    people = [
        await enters(f"Person {number}", room, app=servers[number % 2])
        for number in range(20)
    ]
    cids = await asyncio.gather(*(one.posts(f"from {one.name}") for one in people))
    sentence = "Twenty people have posted at once, and each should have a number."
    told = [
        await person.is_told(cid, sentence)
        for person, cid in zip(people, cids, strict=True)
    ]
    expect(
        sorted(told) == list(range(1, 21)),
        f"{sentence} The numbers should be 1 to 20, each once, not {sorted(told)}.",
    )
    by_number = dict(zip(told, people, strict=True))
    texts = [f"from {by_number[number].name}" for number in range(1, 21)]
    for person in (people[0], people[1]):
        sentence = (
            f"{person.name} should have got all twenty, in the order of the numbers."
        )
        await person.gets(sentence, *texts)


async def test_one_post_to_two_servers_at_once(enters, room):
    """The same post reaches two servers at the same moment, and is stored once."""
    servers = [another_server(), another_server()]
    for number in range(1, 6):
        first, second = [
            await enters(f"Tab {tab}", room, f"after={number - 1}", app=server)
            for tab, server in enumerate(servers, 1)
        ]
        cid = f"same {number}"
        await asyncio.gather(first.posts("oi", cid), second.posts("oi", cid))
        sentence = (
            "One post went to two servers at once: both answers should be the same."
        )
        told = [await one.is_told(cid, sentence) for one in (first, second)]
        expect(told == [number] * 2, f"{sentence} They were {told}.")
        for one in (first, second):
            await one.person.leaves()


async def test_an_event_is_lost(enters, events, room):
    """The event of a post is lost, and Bia gets the post before the next one."""
    ana = await enters("Ana", room, app=another_server())
    bia = await enters("Bia", room, app=another_server())
    events.kept = []
    await ana.is_told(await ana.posts("one"), "Ana should have been told.")
    events.kept = None
    await ana.is_told(await ana.posts("two"), "Ana should have been told.")
    for person in (ana, bia):
        sentence = (
            f"The layer lost the event of 1. {person.name} should have 1, then 2."
        )
        await person.gets(sentence, "one", "two")


async def test_events_come_late_and_twice(enters, events, room):
    """The events come in the wrong order and twice, and Bia gets each post once."""
    ana = await enters("Ana", room, app=another_server())
    bia = await enters("Bia", room, app=another_server())
    events.kept = []
    for text in ("one", "two", "three"):
        await ana.is_told(await ana.posts(text), "Ana should have been told.")
    await events.release([*events.kept[::-1], *events.kept])
    for person in (ana, bia):
        sentence = f"Events came in the wrong order, and twice. {person.name} should have three."
        await person.gets(sentence, "one", "two", "three")
        sentence = f"{person.name} should have got each post once."
        await person.person.hears_nothing(sentence, 0.1)


async def test_the_last_event_is_lost(enters, events, room):
    """The event of the last post is lost, and Bia gets the post within a second."""
    ana = await enters("Ana", room, app=another_server())
    bia = await enters("Bia", room, app=another_server())
    events.kept = []
    await ana.is_told(await ana.posts("one"), "Ana should have been told.")
    sentence = "The only event was lost. Bia should have got the post within a second."
    await bia.gets(sentence, "one")


async def test_a_burst(enters, room):
    """Ana posts more at once than a queue of the layer holds, and Bia gets all of it."""
    ana = await enters("Ana", room, app=another_server())
    bia = await enters("Bia", room, app=another_server())
    texts = [f"line {number}" for number in range(1, MANY + 1)]
    for text in texts:
        await ana.posts(text)
    sentence = f"Ana has posted {MANY} times in a row, and Bia should have got all."
    await bia.gets(sentence, *texts)
