"""What a stream that resumes promises."""

import asyncio
import time
from functools import partial

import pytest
from django.db.models.query import QuerySet
from django.test import AsyncClient

from course.exercise.kit import NotYet, arrives, expect, is_quick

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = 0.8  # seconds; a message that comes at once takes a hundredth of it
BAD = ["abc", "", "1.5", "7;", "nan", "1e3"]
LINES = ["one\ntwo", "one\r\ntwo", "one\rtwo"]


@pytest.fixture(autouse=True)
def only_the_notifier_wakes(monkeypatch):
    """Let no look into the database make up for a notification that is missed."""
    monkeypatch.setattr("chat.history.CHECK_EVERY", 30, raising=False)


@pytest.fixture
async def follow():
    """Return what opens a stream, and close it when the check ends."""
    streams = []

    async def opened(room="class", last=None):
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        response = await AsyncClient().get(f"/events/{room}/", headers=headers)
        expect(
            response.status_code == 200 and response.streaming,
            f"The stream should be a 200, not {response.status_code}.",
        )
        streams.append(Stream(response))
        return streams[-1]

    yield opened
    for stream in streams:
        await stream.close()


class Stream:
    """A stream, read as a browser reads it."""

    def __init__(self, response):
        self.parts = aiter(response)
        self.text = ""

    async def event(self, sentence):
        """Return the id and the data of the next event."""
        try:
            return await arrives(self.next_event(), sentence)
        except StopAsyncIteration:
            ended = f"{sentence} The stream has ended instead."
            raise NotYet(ended) from None

    async def next_event(self):
        """Return the id and the data of the next event that has data."""
        fields = {"id": None, "data": []}
        while True:
            line = await self.line()
            if not line:
                if fields["data"]:
                    return fields["id"], "\n".join(fields["data"])
                fields = {"id": None, "data": []}
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                fields["id"] = value
            elif name == "data":
                fields["data"].append(value)

    async def line(self):
        """Return the next line, without its end."""
        while "\n" not in self.text:
            part = await anext(self.parts)
            text = part.decode() if isinstance(part, bytes) else part
            self.text += text.replace("\r\n", "\n").replace("\r", "\n")
        line, _, self.text = self.text.partition("\n")
        return line

    async def close(self):
        """End the stream, as a server does when the client has gone."""
        await self.parts.aclose()


async def test_a_message_is_an_event(follow):
    """A message is an event with its sender and text."""
    await say("hello")
    stream = await follow()
    sentence = (
        "The message should have come as an event `data: Ana: hello`, with a blank line"
        " after it."
    )
    _, data = await stream.event(sentence)
    expect(data == "Ana: hello", f"{sentence} The event's data is {data!r}.")


async def test_each_event_has_its_id(follow):
    """Each event has the id of its message."""
    await say("elsewhere", room="hallway")
    ids = [await say("first"), await say("second")]
    stream = await follow()
    for text, number in zip(["first", "second"], ids, strict=True):
        found, data = await stream.event(f"The message {text!r} should have come.")
        expect(
            found == str(number) and data == f"Ana: {text}",
            f"The event of the message {text!r} should have the id {number}."
            f" It has the id {found} and the data {data!r}.",
        )


async def test_the_stream_resumes(follow):
    """A stream that reconnects misses nothing, and gets nothing twice."""
    for number in range(5):
        await say(f"elsewhere {number}", room="hallway")
    seen = [await say("one"), await say("two")][-1]
    await say("three")
    await say("four")
    stream = await follow(last=seen)
    sentence = (
        "After the id of 'two', the message 'three' should have come. It was missed."
    )
    _, data = await stream.event(sentence)
    expect(
        data not in {"Ana: one", "Ana: two"},
        f"The stream should begin after the id of 'two', but {data!r} comes twice.",
    )
    expect(data == "Ana: three", f"{sentence} {data!r} came instead.")
    _, data = await stream.event("The message 'four' should have come after it.")
    expect(data == "Ana: four", f"After 'three' should come 'four', but {data!r} came.")


async def test_a_new_message_comes_at_once(follow):
    """A new message comes as soon as it's stored."""
    await say("first")
    stream = await follow()
    await stream.event("The message 'first' should have come.")
    promise = "The message {!r} should have come as soon as it was stored."

    async def attempt(text):
        sentence = promise.format(text)
        waiting = asyncio.create_task(stream.event(sentence))
        await asyncio.sleep(0.05)  # by now it waits
        began = time.monotonic()
        await say(text)
        _, data = await waiting
        took = time.monotonic() - began
        expect(data == f"Ana: {text}", f"{sentence} {data!r} came instead.")
        return took

    for text in ("new", "newer"):
        await is_quick(partial(attempt, text), SLOW, promise.format(text))


async def test_another_room_is_not_in_it(follow):
    """Messages of another room aren't in it."""
    await say("elsewhere", room="hallway")
    await say("here")
    stream = await follow()
    _, data = await stream.event("The message 'here' should have come.")
    expect(
        data == "Ana: here", f"Only messages of this room should come, not {data!r}."
    )


async def test_a_text_of_several_lines(follow):
    """A text of several lines stays one event."""
    for text in LINES:
        await say(text)
    await say("hi\n\nid: 999\ndata: Bia: forged")
    stream = await follow()
    for text in LINES:
        _, data = await stream.event(f"The message {text!r} should have come.")
        expect(
            data == "Ana: one\ntwo",
            f"The message {text!r} should have come as one event of two lines, each with"
            f" a `data:` of its own. The browser got {data!r}.",
        )
    found, data = await stream.event("A text with a blank line should have come.")
    expect(
        data == "Ana: hi\n\nid: 999\ndata: Bia: forged" and found != "999",
        "A text with a blank line should have come as one event, but the browser got"
        f" {data!r} with the id {found}.",
    )


async def test_a_bad_header_is_a_400():
    """A Last-Event-ID that isn't a whole number gets a 400."""
    await say("hello")
    for header in BAD:
        client = AsyncClient(raise_request_exception=False)
        response = await client.get("/events/class/", headers={"Last-Event-ID": header})
        expect(
            response.status_code == 400,
            f"The answer to `Last-Event-ID: {header}` should be a 400, not"
            f" {response.status_code}.",
        )


async def test_more_than_a_hundred_were_missed(follow):
    """A ticker that was away for long gets everything."""
    from chat.models import Message

    first = await say("first")
    await Message.objects.abulk_create(
        Message(room="class", sender="Ana", text=str(number), server="8000")
        for number in range(120)
    )
    stream = await follow(last=first)
    for number in range(120):
        _, data = await stream.event(f"Message no. {number} of 120 should have come.")
        expect(
            data == f"Ana: {number}",
            f"Message no. {number} of 120 should have come, but {data!r} came.",
        )


async def test_nothing_is_missed_before_the_wait(follow, monkeypatch):
    """A message that is stored between the query and the wait isn't missed."""
    fetch = QuerySet._fetch_all
    todo = []

    def fetch_all(queryset):
        fetch(queryset)
        if queryset.model.__name__ == "Message" and todo:
            store(todo.pop())

    monkeypatch.setattr(QuerySet, "_fetch_all", fetch_all)
    sentence = (
        "A message that was stored just after the query, and before the wait, should have"
        " come at once."
    )

    async def attempt():
        stream = await follow(last=await say("first"))
        todo.append("gap")
        began = time.monotonic()
        _, data = await stream.event(sentence)
        took = time.monotonic() - began
        expect(data == "Ana: gap", f"{sentence} {data!r} came instead.")
        return took

    await is_quick(attempt, SLOW, sentence)


async def say(text, room="class"):
    """Store a message of Ana's as the chat does; return its id."""
    from chat import history

    message = {"text": text, "sender": "Ana", "sent_at": None}
    return (await history.store(room, "8000", message)).id


def store(text):
    """Store a message of Ana's, in this thread."""
    from chat import history
    from chat.models import Message

    Message.objects.create(room="class", sender="Ana", text=text, server="8000")
    history.notifier.notify()
