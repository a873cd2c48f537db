"""What the long poll promises to everybody else."""

import asyncio
import json
import time

import pytest
from django.db.models.query import QuerySet

from course.exercise.kit import ask, expect, is_quick, load

# One loop for all checks, as a server has: what waits may belong to its loop.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]

POLL = "/messages/class/?after=0&wait="
SLOW = 0.8  # seconds; what is right takes a tenth of it


@pytest.fixture
def queries(monkeypatch):
    """Return a list that grows with each finished query; what `then` holds is called after one."""
    return Queries(monkeypatch)


class Queries(list):
    """The finished queries for messages."""

    def __init__(self, monkeypatch):
        self.then = None
        fetch = QuerySet._fetch_all

        def fetch_all(queryset):
            fetch(queryset)
            if queryset.model.__name__ == "Message":
                self.append(queryset)
                then, self.then = self.then, None
                if then:
                    then()

        monkeypatch.setattr(QuerySet, "_fetch_all", fetch_all)


async def test_a_message_reaches_a_poll():
    """A long poll returns a message that is there."""
    await say("hello")
    expect(
        texts(await poll(5)) == ["hello"],
        "Bia's long poll should have returned the message that was there.",
    )


async def test_the_lobby_loads_while_bia_waits(queries):
    """Ana's lobby loads while Bia waits."""
    sentence = "While Bia waits with a long poll, Ana should get the lobby at once."
    await get("/chat/")  # the first page takes longer

    async def attempt():
        queries.clear()
        began = time.monotonic()
        waiting = asyncio.create_task(poll(1.2))
        await until(lambda: queries)
        await get("/chat/", sentence)
        took = time.monotonic() - began
        await cancel(waiting)
        return took

    await is_quick(attempt, SLOW, sentence)


async def test_the_lobby_loads_while_many_wait(queries):
    """Ana's lobby loads while twelve people wait."""
    sentence = "While twelve people wait, Ana should get the lobby at once."
    await get("/chat/")

    async def attempt():
        queries.clear()
        waiting = [asyncio.create_task(poll(1.5)) for _ in range(12)]
        await until(lambda: len(queries) >= 12)
        began = time.monotonic()
        await get("/chat/", sentence)
        took = time.monotonic() - began
        await cancel(*waiting)
        return took

    await is_quick(attempt, SLOW, sentence)


async def test_twelve_people_wait_at_once():
    """Twelve people can wait at the same time."""
    sentence = (
        "Twelve people who each wait 0.15 seconds should all have their answers soon"
        " after that, not one after the other."
    )

    async def attempt():
        began = time.monotonic()
        await asyncio.gather(*(poll(0.15, sentence) for _ in range(12)))
        return time.monotonic() - began

    await is_quick(attempt, 1.2, sentence)


async def test_the_wait_is_as_long_as_asked():
    """A long poll without a message waits as long as it was asked to."""
    began = time.monotonic()
    found = texts(await poll(0.2))
    took = time.monotonic() - began
    expect(
        took > 0.15 and not found,
        "Bia's poll should have waited 0.2 seconds for a message, and got none."
        f" It got {found} after {took:.2f}.",
    )


async def test_a_message_arrives_at_once(monkeypatch, queries):
    """A message reaches everyone who waits, at once."""
    only_the_notifier_wakes(monkeypatch)
    sentence = "Ana's message should have reached all five who wait, at once."

    async def attempt():
        await clear()
        queries.clear()
        waiting = [asyncio.create_task(poll(3, sentence)) for _ in range(5)]
        await until(lambda: len(queries) >= 5)
        await asyncio.sleep(0.02)
        began = time.monotonic()
        await say("news")
        answers = await asyncio.gather(*waiting)
        took = time.monotonic() - began
        for answer in answers:
            expect(texts(answer) == ["news"], f"{sentence} One got {texts(answer)}.")
        return took

    await is_quick(attempt, SLOW, sentence)


async def test_a_message_just_before_the_wait(monkeypatch, queries):
    """A message that comes between the query and the wait isn't missed."""
    only_the_notifier_wakes(monkeypatch)
    sentence = (
        "Ana's message was stored after Bia's query, just before Bia began to wait. It"
        " should have reached her at once."
    )

    async def attempt():
        await clear()
        queries.then = say_at_once
        began = time.monotonic()
        answer = await poll(5, sentence)  # longer than a check waits
        took = time.monotonic() - began
        expect(texts(answer) == ["news"], f"{sentence} She got {texts(answer)}.")
        return took

    await is_quick(attempt, SLOW, sentence)


async def clear():
    """Delete every message."""
    from chat.models import Message

    await Message.objects.all().adelete()


async def poll(seconds, sentence=""):
    """Return the answer to a long poll in the room "class"."""
    return await get(f"{POLL}{seconds}", sentence)


async def get(path, sentence=""):
    """Return the answer to a request, from the application that a server runs."""
    answer = await request(path, sentence=sentence)
    expect(answer.status == 200, f"{path} should be a 200, not {answer.status}.")
    return answer


async def say(text):
    """Write a message as Ana."""
    body = json.dumps({"text": text, "sender": "Ana"}).encode()
    answer = await request("/messages/class/", method="POST", parts=(body,))
    expect(answer.status == 201, "Ana should have been able to write a message.")


def say_at_once():
    """Store a message and notify, in this thread."""
    from chat import history
    from chat.models import Message

    Message.objects.create(room="class", sender="Ana", text="news", server="8000")
    history.notifier.notify()


async def request(path, **more):
    """Make a request; it may wait as long as it likes."""
    return await ask(load("config.asgi", "application"), path, **more)


def only_the_notifier_wakes(monkeypatch):
    """Let no look into the database make up for a notification that is missed."""
    monkeypatch.setattr("chat.history.CHECK_EVERY", 3, raising=False)


def texts(answer):
    """Return the texts of the messages in an answer."""
    return [message["text"] for message in json.loads(answer.body)["messages"]]


async def until(condition):
    """Let the others run until the condition is true, for a few seconds at most."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.002)


async def cancel(*tasks):
    """End tasks."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()
