"""What the tests promise, which the student writes: to pass, and to fail when they must.

No Redis is needed: a memory that two layers share does what Redis does for them. And no
clock decides how a broken chat goes. A moment is a number of turns of the event loop.
"""

import asyncio
import gc
import json

import channels.consumer
import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from course.exercise.kit import Door, expect, load, run_tests

FILE = "test_two_servers.py"
A_WHILE = 400  # turns of the event loop: what hasn't come by then doesn't come
A_MOMENT = 50  # turns: so long does a broken layer lose, or hold back, what follows
SLOW = 0.1  # seconds that a message takes on a slow day
LATE = 3  # seconds that hears() waits for a message of the chat as it is

gc.freeze()  # pytest collects garbage after each run: spare it Django and Channels


async def turns(number):
    """Let the event loop turn, so that everything that is ready runs."""
    for _ in range(number):
        await asyncio.sleep(0)


class Person:
    """Somebody with an open socket, as the student's tests know her."""

    def __init__(self, socket, seconds):
        self.socket = socket
        self.seconds = seconds

    async def says(self, text):
        """Send a message."""
        await self.socket.send_json_to({"text": text})

    @property
    def heard(self):
        """What has arrived so far, and not been returned by hears()."""
        return [text_of(event) for event in self.socket.output_queue._queue]

    async def hears(self):
        """Wait for the next message, and return its text."""
        for number in range(A_WHILE + int(self.seconds / 0.002)):
            if self.heard:
                break
            await asyncio.sleep(0.002 * (number >= A_WHILE))
        assert self.heard, "No message came."
        return text_of(self.socket.output_queue.get_nowait())

    async def hears_nothing(self):
        """Fail if a message comes."""
        await turns(A_WHILE)
        assert not self.heard, f"A message came: {self.heard}"


def text_of(event):
    """Return the text of a frame."""
    return json.loads(event.get("text") or "{}").get("text", str(event))


class Chat:
    """The chat on two servers, each with its own layer: the plugin for one run."""

    def __init__(self, first, second, seconds=0):
        self.layers = first, second
        self.seconds = seconds

    async def opener(self, layer):
        """Yield what opens sockets to the server that has this layer."""
        door = Door()
        application = load("config.asgi", "application")

        async def open_socket(room):
            channel_layers.backends = {"default": layer}
            person = await door("Somebody", room, app=application)
            return Person(person.socket, self.seconds)

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


def run(first=InMemoryChannelLayer, second=InMemoryChannelLayer, seconds=0):
    """Run the student's tests against two servers whose layers share what they store."""
    first, second = first(), second()
    second.channels, second.groups = first.channels, first.groups
    return run_tests(FILE, Chat(first, second, seconds))


def must_fail(verdict, sentence):
    """Raise NotYet unless one of the student's tests failed."""
    expect(verdict.failed, f"{sentence} Your tests pass all the same.")


class Slow(InMemoryChannelLayer):
    """A layer on a slow day."""

    async def send(self, channel, message):
        """Send the event, and note when it may arrive."""
        due = asyncio.get_running_loop().time() + SLOW
        await super().send(channel, message | {"due": due})

    async def receive(self, channel):
        """Wait for the next event, until it may arrive."""
        event = await super().receive(channel)
        await asyncio.sleep(event.pop("due") - asyncio.get_running_loop().time())
        return event


class SendsTwice(InMemoryChannelLayer):
    """A layer that sends each event twice."""

    async def group_send(self, group, message):
        """Send it, and send it again."""
        await super().group_send(group, message)
        await super().group_send(group, message)


class SendsNowhere(InMemoryChannelLayer):
    """A layer that hears others, and whose events reach only its own server."""

    def __init__(self):
        super().__init__()
        self.mine = set()

    async def group_add(self, group, channel):
        """Add the channel, and remember that it's on this server."""
        self.mine.add(channel)
        await super().group_add(group, channel)

    async def group_send(self, group, message):
        """Send it to those members whose channels are on this server."""
        for channel in [*self.groups.get(group, ())]:
            if channel in self.mine:
                await self.send(channel, message)


class LosesSome(InMemoryChannelLayer):
    """A layer that loses what is sent right after another event."""

    moment = None

    async def group_send(self, group, message):
        """Send it, unless it's too soon."""
        if self.moment is None or self.moment.done():
            await super().group_send(group, message)
            self.moment = asyncio.create_task(turns(A_MOMENT))


class Reverses(InMemoryChannelLayer):
    """A layer that lets a later event overtake an earlier one."""

    def __init__(self):
        super().__init__()
        self.waiting = []

    async def group_send(self, group, message):
        """Collect what comes within a moment, and send it from the last to the first."""
        self.waiting.append((group, message))
        if len(self.waiting) == 1:
            self.task = asyncio.create_task(self.send_all())

    async def send_all(self):
        """Send what has been collected."""
        await turns(A_MOMENT)
        waiting, self.waiting = self.waiting, []
        for group, message in reversed(waiting):
            await super().group_send(group, message)


class OneRoom(InMemoryChannelLayer):
    """A layer with one group for all rooms."""

    async def group_add(self, group, channel):
        """Add the channel to the only group."""
        await super().group_add("room.all", channel)

    async def group_send(self, group, message):
        """Send to the only group."""
        await super().group_send("room.all", message)


@pytest.fixture(autouse=True)
def no_threads(monkeypatch):
    """Keep consumers in the event loop: the chat has no database to close in a thread."""

    async def nothing_to_close():
        pass

    monkeypatch.setattr(channels.consumer, "aclose_old_connections", nothing_to_close)


def test_the_chat_as_it_is():
    """Your tests pass with the chat as it is, on fast and on slow days."""
    verdict = run(seconds=LATE)
    expect(verdict.passed or verdict.failed, f"There is no test in {FILE}.")
    expect(
        not verdict.failed,
        "The chat as it is works, so your tests must pass with it, but one fails:"
        f" {verdict.why_in(FILE)}",
    )
    verdict = run(Slow, Slow, seconds=LATE)
    expect(
        not verdict.failed,
        "On a slow day, each message takes a little longer, and one of your tests fails:"
        f" {verdict.why_in(FILE)}. Does it wait for the message, or only for some time?",
    )


def test_servers_that_share_nothing():
    """They fail if nothing reaches the other server."""
    must_fail(
        run_tests(FILE, Chat(InMemoryChannelLayer(), InMemoryChannelLayer())),
        "In this chat, each server has a layer in its own memory, so what Ana says on"
        " the first doesn't reach Bia on the second.",
    )


def test_a_line_that_works_one_way():
    """They fail if messages that are sent on one of the two servers stay there."""
    must_fail(
        run(second=SendsNowhere),
        "In this chat, what Ana sends on the first server arrives on the second, but what"
        " Bia sends on the second doesn't arrive on the first.",
    )
    must_fail(
        run(first=SendsNowhere),
        "In this chat, what Bia sends on the second server arrives on the first, but what"
        " Ana sends on the first doesn't arrive on the second.",
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
    """They fail if people in another room receive the messages."""
    must_fail(
        run(OneRoom, OneRoom),
        "In this chat, people in another room receive what Ana sends.",
    )
