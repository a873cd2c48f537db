"""What really happens in a burst, and when Redis forgets or ends."""

import asyncio
import json
import re
import uuid
from urllib.parse import urlsplit

import pytest
import redis.asyncio
from channels.layers import get_channel_layer

from course.exercise.kit import expect, predicted

NUMBERS = {"no": 0, "none": 0, "zero": 0, "nothing": 0, "one": 1, "two": 2, "three": 3}


class Line:
    """The way from the chat to Redis. To cut it is what a chat sees of Redis's end."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.redis = (parts.hostname, parts.port or 6379)
        self.ends = []

    async def open(self):
        self.server = await asyncio.start_server(self.connect, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def connect(self, reader, writer):
        there, back = await asyncio.open_connection(*self.redis)
        self.ends += [writer, back]
        await asyncio.gather(self.copy(reader, back), self.copy(there, writer))

    async def copy(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def cut(self):
        for end in self.ends:
            end.transport.abort()
        self.ends.clear()


@pytest.fixture
async def line(settings):
    """Return the line to Redis; what the chat stores there has a prefix of its own."""
    line = Line(settings.REDIS_URL)
    port = await line.open()
    path = urlsplit(settings.REDIS_URL).path
    layer = settings.CHANNEL_LAYERS["default"]
    config = {
        "hosts": [f"redis://127.0.0.1:{port}{path}"],
        "prefix": f"predict-{uuid.uuid4().hex}",
    }
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    yield line
    line.cut()
    line.server.close()


@pytest.fixture
async def keys(settings, line):
    """Return what lists the chat's keys in Redis, and deletes them if asked to."""
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]

    async def keys(delete=False):
        async with redis.asyncio.from_url(settings.REDIS_URL) as client:
            found = await client.keys(f"{prefix}*")
            if delete and found:
                await client.delete(*found)
            return found

    yield keys
    await keys(delete=True)


async def burst(person, keys):
    """Let a person send one message; return the numbers that she sees."""
    await person.says(text="go", sender=person.name)
    seen = []
    quiet = 0
    # Until nothing has come for 20 times 10 ms, and Redis holds the group alone: her queue
    # is gone when it's empty.
    while quiet < 20 or len(await keys()) > 1:
        if person.socket.output_queue.empty():
            quiet += bool(seen)
            await asyncio.sleep(0.01)
            if person.socket.future.done():
                break
            continue
        quiet = 0
        event = person.socket.output_queue.get_nowait()
        seen.append(int(json.loads(event["text"])["text"]))
    return seen


TOLD = {}


@pytest.fixture
def tell(opens, line, keys):
    """Return what tells of one burst. It's played once, for all questions about it."""

    async def tell():
        if not TOLD:
            seen = await burst(await opens("Ana"), keys)
            await get_channel_layer().wait_received()
            in_redis = len(await keys())
            bia = await opens("Bia")
            await asyncio.sleep(0.05)
            late = bia.socket.output_queue.qsize()
            TOLD.update(seen=seen, in_redis=in_redis, late=late)
        return TOLD

    return tell


def number(question):
    """Return the number that was predicted, or None if there is none in the answer."""
    answer = predicted(question)
    found = re.search(r"\d+", answer)
    if found:
        return int(found[0])
    return next((NUMBERS[word] for word in answer.split() if word in NUMBERS), None)


def choice(question, **words):
    """Return which of the choices the answer means, by the words that may stand for it."""
    answer = predicted(question)
    for chosen, pattern in words.items():
        if re.search(pattern, answer):
            return chosen
    return None


async def test_1_how_many_arrive(tell):
    """How many of 150 events arrive."""
    guess = number(1)
    expect(guess is not None, "Question 1: write a number after `answer:`.")
    found = len((await tell())["seen"])
    if abs(guess - found) <= 5:
        return
    sentence = f"Question 1: Ana didn't see {guess}."
    expect(guess < 145, f"{sentence} How many places does a queue of the layer have?")
    expect(
        guess > 5,
        f"{sentence} Nobody gets an error when a queue is full, and no socket closes.",
    )
    expect(False, f"{sentence} What is the capacity of a queue, and who empties it?")


async def test_2_which_are_lost(tell):
    """Which ones are lost."""
    guess = choice(2, oldest="old|first|earl", newest="new|last|late|recent", none="no")
    expect(guess, "Question 2: write oldest, newest or none after `answer:`.")
    seen = (await tell())["seen"]
    truth = "none" if len(seen) == 150 else "newest" if seen[0] == 0 else "oldest"
    if guess == truth:
        return
    expect(
        guess != "none", "Question 2: some were lost, because Ana saw fewer than 150."
    )
    expect(
        False,
        f"Question 2: not the {guess} ones. The queue is full of events. What happens"
        " to further ones, when they come?",
    )


async def test_3_what_is_in_redis(tell):
    """What is in Redis while the room is quiet."""
    guess = number(3)
    expect(guess is not None, "Question 3: write a number after `answer:`.")
    found = (await tell())["in_redis"]
    if guess == found:
        return
    sentence = f"Question 3: there aren't {guess}."
    expect(guess > 0, f"{sentence} How does group_send know where to send?")
    expect(
        False,
        f"{sentence} What is left of a queue when every event has been taken out?",
    )


async def test_4_what_a_latecomer_sees(tell):
    """What somebody sees who enters after the burst."""
    guess = number(4)
    expect(guess is not None, "Question 4: write a number after `answer:`.")
    found = (await tell())["late"]
    expect(
        guess == found,
        f"Question 4: Bia didn't see {guess}. An event goes to those who are in the group"
        " when it's sent, and Redis isn't an archive.",
    )


async def test_5_redis_is_emptied(opens, line, keys):
    """What Ana's page shows when Redis has been emptied."""
    guess = choice(
        5, disconnected="disc|clos|1011", nothing="no|zero", message="mess|101"
    )
    expect(guess, "Question 5: write message, nothing or disconnected after `answer:`.")
    ana = await opens("Ana")
    await keys(delete=True)
    await ana.says(text="go", sender="Ana")
    await asyncio.wait([ana.socket.future], timeout=0.15)
    truth = "nothing"
    if ana.socket.future.done():
        truth = "disconnected"
    elif not ana.socket.output_queue.empty():
        truth = "message"
    if guess == truth:
        return
    why = {
        "disconnected": "Which connection would FLUSHDB cut?",
        "message": "Where does the layer look up who is in the group?",
        "nothing": "Ana is in a group. Where is that written?",
    }
    expect(False, f"Question 5: not {guess}. {why[guess]}")


async def test_6_redis_restarts(opens, line, keys):
    """What Ana's page shows when Redis has been stopped and started again."""
    guess = choice(6, disconnected="disc|clos|1011", nothing="no|zero")
    expect(guess, "Question 6: write nothing or disconnected after `answer:`.")
    ana = await opens("Ana")
    for _ in range(100):  # the first cut may come before her consumer waits for Redis
        line.cut()
        await asyncio.wait([ana.socket.future], timeout=0.1)
        if ana.socket.future.done():
            break
    truth = "disconnected" if ana.socket.future.done() else "nothing"
    if guess == truth:
        return
    why = "Ana sends nothing, but what is it that her consumer waits for all the time?"
    expect(False, f"Question 6: not {guess}. {why}")
