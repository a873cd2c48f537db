"""What the tests promise, which the student writes: to pass, and to fail when they must."""

import asyncio
import json
import uuid

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.core import RedisChannelLayer
from django.conf import settings

from course.exercise.kit import Door, expect, load, run_tests

FILE = "test_two_servers.py"
SOON = 0.08  # seconds: what hasn't come by then, in a broken chat, doesn't come
LATE = 3  # the same for the chat as it is, where it does come
MOMENT = 0.04  # seconds of silence


class Person:
    """Somebody with an open socket, as the student's tests know her."""

    def __init__(self, socket, patience):
        self.socket = socket
        self.patience = patience

    async def says(self, text):
        """Send a message."""
        await self.socket.send_json_to({"text": text})

    @property
    def heard(self):
        """What has arrived so far, and not been returned by hears()."""
        return [text_of(event) for event in self.socket.output_queue._queue]

    async def hears(self):
        """Wait for the next message, and return its text."""
        for _ in range(int(self.patience / 0.002)):
            if not self.socket.output_queue.empty():
                return text_of(self.socket.output_queue.get_nowait())
            await asyncio.sleep(0.002)
        raise AssertionError("No message came.")

    async def hears_nothing(self):
        """Fail if a message comes."""
        await asyncio.sleep(MOMENT)
        assert not self.heard, f"A message came: {self.heard}"


def text_of(event):
    """Return the text of a frame."""
    return json.loads(event.get("text") or "{}").get("text", str(event))


class Chat:
    """The chat on two servers, each with its own layer: the plugin for one run."""

    def __init__(self, first, second, patience=SOON):
        self.layers = first, second
        self.patience = patience

    async def opener(self, layer):
        """Yield what opens sockets to the server that has this layer."""
        door = Door()
        application = load("config.asgi", "application")

        async def open_socket(room):
            channel_layers.backends = {"default": layer}
            person = await door("Somebody", room, app=application)
            return Person(person.socket, self.patience)

        yield open_socket
        await door.close()

    @pytest.fixture
    async def first(self):
        """Give the first server."""
        async for opens in self.opener(self.layers[0]):
            yield opens

    @pytest.fixture
    async def second(self):
        """Give the second server."""
        async for opens in self.opener(self.layers[1]):
            yield opens


def layer(kind=RedisChannelLayer, prefix=""):
    """Return a Redis layer, which shares a Redis with others of its prefix."""
    return kind(hosts=settings.REDIS_URL.split(), prefix=prefix)


def run(first=RedisChannelLayer, second=RedisChannelLayer, patience=SOON):
    """Run the student's tests against two servers with these kinds of layers."""
    prefix = f"test-{uuid.uuid4().hex}"
    chat = Chat(layer(first, prefix), layer(second, prefix), patience)
    return run_tests(FILE, chat)


def must_fail(verdict, sentence):
    """Raise NotYet unless one of the student's tests failed."""
    expect(verdict.failed, f"{sentence} Your tests pass all the same.")


class Slow(RedisChannelLayer):
    """A layer on a slow day."""

    async def receive(self, channel):
        """Wait for the next event, and then some more."""
        event = await super().receive(channel)
        await asyncio.sleep(0.06)
        return event


class SendsTwice(RedisChannelLayer):
    """A layer that sends each event twice."""

    async def group_send(self, group, message):
        """Send it, and send it again."""
        await super().group_send(group, message)
        await super().group_send(group, message)


class SendsNowhere(RedisChannelLayer):
    """A layer that hears others, and whose events reach only its own server."""

    async def group_send(self, group, message):
        """Send it to those members whose channels are on this server."""
        key = self._group_key(group)
        for channel in await self.connection(0).zrange(key, 0, -1):
            if self.client_prefix in channel.decode():
                await self.send(channel.decode(), message)


class LosesSome(RedisChannelLayer):
    """A layer that loses what is sent right after another event."""

    last = 0

    async def group_send(self, group, message):
        """Send it, unless it's too soon."""
        now = asyncio.get_running_loop().time()
        soon = now - self.last < 0.03
        self.last = now
        if not soon:
            await super().group_send(group, message)


class Reverses(RedisChannelLayer):
    """A layer that lets a later event overtake an earlier one."""

    def __init__(self, **options):
        super().__init__(**options)
        self.waiting = []

    async def group_send(self, group, message):
        """Collect what comes within a moment, and send it from the last to the first."""
        self.waiting.append((group, message))
        if len(self.waiting) == 1:
            self.task = asyncio.create_task(self.send_all())

    async def send_all(self):
        await asyncio.sleep(0.02)
        waiting, self.waiting = self.waiting, []
        for group, message in reversed(waiting):
            await super().group_send(group, message)


class OneRoom(RedisChannelLayer):
    """A layer with one group for all rooms."""

    async def group_add(self, group, channel):
        """Add the channel to the only group."""
        await super().group_add("room.all", channel)

    async def group_send(self, group, message):
        """Send to the only group."""
        await super().group_send("room.all", message)


def test_the_chat_as_it_is():
    """Your tests pass with the chat as it is, on fast and slow days."""
    verdict = run(patience=LATE)
    expect(verdict.passed or verdict.failed, f"There is no test in {FILE}.")
    why = verdict.why.partition("\n")[0]
    expect(
        not verdict.failed,
        f"The chat as it is is right, so your tests must pass with it. One fails: {why}",
    )
    verdict = run(Slow, Slow, patience=LATE)
    expect(
        not verdict.failed,
        "On a slow day, messages take a little longer, and one of your tests fails."
        " Does it wait for the message, or only for some time?",
    )


def test_servers_that_share_nothing():
    """They fail if nothing reaches the other server."""
    chat = Chat(InMemoryChannelLayer(), InMemoryChannelLayer())
    must_fail(
        run_tests(FILE, chat),
        "Each server has a layer in its own memory, so what Ana says on the first"
        " doesn't reach Bia on the second.",
    )
    chat = Chat(layer(prefix=f"a{uuid.uuid4()}"), layer(prefix=f"b{uuid.uuid4()}"))
    must_fail(
        run_tests(FILE, chat),
        "The servers' layers have different prefixes, so what Ana says on the first"
        " doesn't reach Bia on the second.",
    )


def test_a_line_that_works_one_way():
    """They fail if what is said on one of the servers stays there."""
    must_fail(
        run(RedisChannelLayer, SendsNowhere),
        "Ana, on the first server, is heard on the second, but what Bia says on the"
        " second isn't heard on the first.",
    )
    must_fail(
        run(SendsNowhere, RedisChannelLayer),
        "Bia, on the second server, is heard on the first, but what Ana says on the"
        " first isn't heard on the second.",
    )


def test_messages_that_come_twice():
    """They fail if a message comes twice."""
    must_fail(run(SendsTwice, SendsTwice), "In this chat, each message comes twice.")


def test_messages_that_are_lost_in_a_row():
    """They fail if one of several messages is lost."""
    must_fail(
        run(LosesSome, LosesSome),
        "In this chat, of messages that are sent one right after the other, only the"
        " first arrives.",
    )


def test_messages_in_another_order():
    """They fail if messages come in another order."""
    must_fail(
        run(Reverses, Reverses),
        "In this chat, messages that are sent one right after the other don't arrive"
        " in order.",
    )


def test_rooms_that_are_one():
    """They fail if people in another room hear what is said."""
    must_fail(
        run(OneRoom, OneRoom),
        "In this chat, people in another room hear what Ana says.",
    )
