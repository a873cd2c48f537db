"""What a room with a history promises."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db.backends.utils import CursorWrapper

from course.exercise.kit import expect, load

pytestmark = pytest.mark.django_db(transaction=True)

STORY = [("Ana", "one"), ("Bia", "two"), ("Ana", "three")]


@pytest.fixture
def on_the_loop(monkeypatch):
    """Return the queries that run in the thread of an event loop, as they come."""
    seen = []
    execute = CursorWrapper.execute

    def watched(self, sql, params=None):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass  # this thread has no loop, so nobody else waits
        else:
            seen.append(sql)
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", watched)
    return seen


async def chats(opens, room: str):
    """Let Ana enter a new room and write the story; return her."""
    ana = await opens("Ana", room)
    for sender, text in STORY:
        await ana.says(text=text, sender=sender)
        sentence = "Ana should have received what was written in her room."
        await ana.hears(sentence, text=text, sender=sender)
    return ana


async def test_a_new_room_works(opens):
    """In a new room, Ana and Bia receive each other's messages."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(text="hi", sender="Ana")
    for one in (ana, bia):
        sentence = f"{one.name} should have received Ana's message."
        await one.hears(sentence, text="hi", sender="Ana")


async def test_who_enters_later_gets_the_history(opens):
    """Caio enters a room in which something was written, and gets it, oldest first."""
    await chats(opens, "café")
    caio = await opens("Caio", "café")
    for sender, text in STORY:
        sentence = "Caio should have got the history, oldest first, with the senders."
        await caio.hears(sentence, text=text, sender=sender)
    other = await opens("Caio", "hallway")
    await other.hears_nothing("Nothing was written in the hallway.", 0.05)


async def test_and_stays_connected(opens):
    """After the history, Caio stays connected: he receives new messages, and can send."""
    ana = await chats(opens, "class")
    caio = await opens("Caio")
    for sender, text in STORY:
        sentence = "Caio should have got the history."
        await caio.hears(sentence, text=text, sender=sender)
    await ana.says(text="new", sender="Ana")
    await caio.hears(
        "After the history, Caio should have received Ana's message.", text="new"
    )
    await ana.hears("Ana should have received her own message.", text="new")
    await caio.says(text="hi", sender="Caio")
    await ana.hears(
        "Ana should have received Caio's message.", text="hi", sender="Caio"
    )


def write_many(room: str, count: int) -> None:
    """Store messages of Ana's whose texts are numbers, all at once."""
    models = {name: load("chat.models", name) for name in ("Room", "Person", "Message")}
    place = models["Room"].objects.create(name=room)
    ana = models["Person"].objects.create(name="Ana")
    models["Message"].objects.bulk_create(
        models["Message"](room=place, sender=ana, text=str(number), server="8000")
        for number in range(count)
    )


async def test_only_the_newest(opens):
    """Of a long history, Caio gets the newest 50 messages."""
    await sync_to_async(write_many)("class", 55)
    caio = await opens("Caio")
    for number in range(5, 55):
        sentence = "Of 55 messages, Caio should have got the newest 50, oldest first."
        await caio.hears(sentence, text=str(number))


async def test_nobody_waits_for_a_query(opens, on_the_loop):
    """No query runs in the event loop's thread, where it would hold up everybody."""
    await chats(opens, "class")
    caio = await opens("Caio")
    for sender, text in STORY:
        sentence = "Caio should have got the history."
        await caio.hears(sentence, text=text, sender=sender)
    expect(
        not on_the_loop,
        "This query ran in the event loop's thread, where everybody else has to wait"
        f" for it: {' '.join(on_the_loop[:1])}",
    )
