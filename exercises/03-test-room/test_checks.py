"""Runs the student's tests on chats that keep all promises, and on some that break one."""

import asyncio
import json
import unicodedata
from collections import defaultdict
from hashlib import sha256
from urllib.parse import quote

import pytest
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator

from course.exercise.kit import expect, run_tests

FILE = "test_room.py"

# A tick is a turn of the event loop after 10 ms. Unlike a clock, ticks don't run on while
# the machine has no time for us, so a slow machine can't change what a test finds.
TICK = 0.005
LATE = 20  # ticks that a socket needs to join, in the chat that accepts too early
QUIET = 0.04  # seconds without a frame, after which nothing comes
PATIENCE = 25  # ticks after which a chat with a fault has no more to say


async def ticks(count, until=lambda: False):
    """Wait for so many ticks, or until something holds."""
    for _ in range(count):
        if until():
            return
        await asyncio.sleep(TICK)


# ---- Chats that keep every promise --------------------------------------------------------------


class GroupChat(AsyncJsonWebsocketConsumer):
    """Like step 03: a group for each room."""

    async def connect(self):
        self.group = self.group_of(self.scope["path"])
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    def group_of(self, path):
        return sha256(path.encode()).hexdigest()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content):
        message = {"text": content["text"], "sender": content["sender"]}
        event = {"type": "chat.message", "message": message, "by": self.channel_name}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event):
        await self.send_json(event["message"])


def plain_chat():
    """Return a chat without Channels. It numbers its messages."""
    rooms = defaultdict(list)
    numbers = defaultdict(int)

    async def chat(scope, receive, send):
        room = scope["path"]
        await receive()
        rooms[room].append(send)
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] != "websocket.disconnect":
            content = json.loads(event["text"])
            numbers[room] += 1
            await asyncio.sleep(TICK)
            frame = {"id": numbers[room]} | content
            for one in list(rooms[room]):
                await one({"type": "websocket.send", "text": json.dumps(frame)})
        rooms[room].remove(send)

    return chat


# ---- Chats that break one -----------------------------------------------------------------------


class Echo(GroupChat):
    """Answers the sender, and nobody else."""

    async def receive_json(self, content):
        await self.send_json(content)


class OnlyOthers(GroupChat):
    """Leaves out the sender."""

    async def chat_message(self, event):
        if event["by"] != self.channel_name:
            await self.send_json(event["message"])


class Twice(GroupChat):
    """Sends the message to the others twice."""

    async def chat_message(self, event):
        await self.send_json(event["message"])
        if event["by"] != self.channel_name:
            await self.send_json(event["message"])


class Nameless(GroupChat):
    """Forgets who has sent a message."""

    async def receive_json(self, content):
        await super().receive_json(content | {"sender": "someone"})


class NoAccents(GroupChat):
    """Takes the accents away, so that two rooms become one."""

    def group_of(self, path):
        letters = unicodedata.normalize("NFD", path)
        return super().group_of(letters.encode("ascii", "ignore").decode())


class Early(GroupChat):
    """Accepts first. Those who come into a room with people in it join a little later."""

    async def connect(self):
        self.group = self.group_of(self.scope["path"])
        await self.accept()
        members = self.channel_layer.groups.get(self.group)
        sent = sent_to(self.channel_layer)
        if members:
            before = sent[self.group]
            await ticks(LATE, until=lambda: sent[self.group] > before)
        await self.channel_layer.group_add(self.group, self.channel_name)

    async def receive_json(self, content):
        await super().receive_json(content)
        sent_to(self.channel_layer)[self.group] += 1


def sent_to(layer):
    """Return how many messages each group of a layer has got."""
    layer.sent = getattr(layer, "sent", None) or defaultdict(int)
    return layer.sent


def haunted_chat():
    """Return a chat that keeps those who have left, and fails on their sockets."""
    rooms = defaultdict(list)

    async def chat(scope, receive, send):
        room, me = scope["path"], {"send": send, "open": True}
        await receive()
        rooms[room].append(me)
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] != "websocket.disconnect":
            if not all(one["open"] for one in rooms[room]):
                raise RuntimeError("A frame was sent to a closed socket.")
            for one in rooms[room]:
                await one["send"]({"type": "websocket.send", "text": event["text"]})
        me["open"] = False

    return chat


# ---- Running the student's tests ----------------------------------------------------------------


class Socket(WebsocketCommunicator):
    """A socket to a chat. With a fault, no time is wasted on frames that never come."""

    has_fault = False

    async def receive_output(self, timeout=1):  # noqa: ASYNC109 - Channels' own name
        if self.has_fault:
            came = self.output_queue
            await ticks(PATIENCE, until=lambda: came.qsize() or self.future.done())
            if not came.qsize():
                if self.future.done():
                    self.future.result()  # raises what the chat failed with
                raise TimeoutError
        return await super().receive_output(max(timeout, 5))

    async def receive_nothing(self, timeout=0.1, interval=TICK):  # noqa: ASYNC109
        # Chat and test share an event loop: what is under way comes within a few turns.
        return await super().receive_nothing(min(timeout, QUIET), interval)


class Plugin:
    """Gives the student's tests one chat, and stops at the first that fails."""

    def __init__(self, app, has_fault=True):
        self.app = app
        self.has_fault = has_fault
        self.session = None

    def pytest_sessionstart(self, session):
        self.session = session

    def pytest_runtest_logreport(self, report):
        if report.failed and self.has_fault:
            self.session.shouldstop = "one is enough"

    @pytest.fixture
    async def join(self):
        """Return what opens a socket: `ana = await join("class")`."""
        sockets = []
        channel_layers.backends = {}  # nobody is left over from another test

        async def join(room):
            url = f"/ws/chat/{quote(room, safe='')}/"
            socket = Socket(self.app, url)
            socket.has_fault = self.has_fault
            sockets.append(socket)
            accepted, _ = await socket.connect()
            assert accepted
            return socket

        yield join
        for socket in sockets:
            socket.future.cancel()
            await asyncio.wait([socket.future], timeout=1)
            if not socket.future.cancelled():
                socket.future.exception()


def passes_on(app, which):
    """Raise NotYet unless the student's tests pass on a chat that keeps every promise."""
    verdict = run_tests(FILE, Plugin(app, has_fault=False))
    expect(
        not verdict.failed,
        f"Your tests should pass on {which}. One failed: {verdict.why}",
    )
    expect(verdict.passed, f"{FILE} should have a test.")


def finds(app, fault):
    """Raise NotYet unless one of the student's tests fails on a chat with a fault."""
    verdict = run_tests(FILE, Plugin(app))
    sentence = f"A test of yours should fail on a chat {fault}, but all of them pass."
    expect(verdict.failed, sentence)


def test_they_pass_on_a_chat_with_groups():
    """Your tests pass on a chat that works like step 03."""
    passes_on(GroupChat.as_asgi(), "a chat that works like step 03")


def test_they_pass_on_a_chat_without_channels():
    """Your tests pass on a correct chat that's made in another way."""
    passes_on(
        plain_chat(),
        "a correct chat that's made in another way: without Channels, and it numbers its"
        " messages with an `id`",
    )


def test_they_find_an_echo():
    """Your tests find the chat where a message reaches only its sender."""
    finds(Echo.as_asgi(), "where a message reaches only its sender")


def test_they_find_a_sender_left_out():
    """Your tests find the chat where a message doesn't reach its sender."""
    finds(OnlyOthers.as_asgi(), "where a message doesn't reach its sender")


def test_they_find_messages_that_come_twice():
    """Your tests find the chat where the others receive a message twice."""
    finds(Twice.as_asgi(), "where the others receive a message twice")


def test_they_find_rooms_that_are_one():
    """Your tests find the chat where café and cafe are one room."""
    finds(NoAccents.as_asgi(), "where café and cafe are one room")


def test_they_find_a_socket_that_joins_too_late():
    """Your tests find the chat that accepts a socket a moment before it joins the room."""
    finds(
        Early.as_asgi(),
        f"that accepts a socket {LATE * TICK} s before it joins the room, and loses a"
        " message that's sent right away",
    )


def test_they_find_those_who_have_left():
    """Your tests find the chat that fails once somebody has left."""
    finds(haunted_chat(), "that fails once somebody has left the room")


def test_they_find_a_wrong_sender():
    """Your tests find the chat where a message has another sender."""
    finds(Nameless.as_asgi(), 'where each message has the sender "someone"')
