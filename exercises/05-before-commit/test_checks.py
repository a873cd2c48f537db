"""What posting promises: heard means stored, and stored means paid."""

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

from course.exercise.kit import expect, load, patience

pytestmark = pytest.mark.django_db(transaction=True)


def stored() -> dict[str, int]:
    """Return what another database connection sees: {text: id}."""
    try:
        return dict(load("chat.models", "Message").objects.values_list("text", "id"))
    finally:
        connection.close()


def left(name: str) -> int:
    """Return how many messages somebody can still pay for."""
    try:
        accounts = load("chat.models", "Account").objects.filter(name=name)
        return accounts.values_list("left", flat=True).first() or 0
    finally:
        connection.close()


def open_account(name: str) -> None:
    """Open an account for somebody."""
    load("chat.models", "Account").objects.create(name=name)


@pytest.fixture
def seen():
    """Return what others could fetch each time that somebody was told something."""
    layer = get_channel_layer()
    found = []

    def watched(function):
        async def send(name, event):
            # In a thread of its own, which has a database connection of its own.
            found.append(await asyncio.to_thread(stored))
            await function(name, event)

        return send

    layer.group_send = watched(layer.group_send)
    layer.send = watched(layer.send)
    return found


async def test_messages_arrive(opens):
    """Ana and Bia receive Ana's message, with its id."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(text="hi", sender="Ana")
    for one in (ana, bia):
        sentence = f"{one.name} should have received Ana's message, with its id."
        frame = await one.hears(sentence, text="hi", sender="Ana")
        expect(isinstance(frame.get("id"), int), f"{sentence} It was {frame}.")
    await bia.hears_nothing("Bia should receive each message once.", 0.05)


async def test_what_is_heard_can_be_fetched(opens, seen):
    """When Bia is notified of a message, her page can fetch it."""
    ana, bia = await opens("Ana"), await opens("Bia")
    for text in ("one", "two"):
        seen.clear()
        await ana.says(text=text, sender="Ana")
        for one in (ana, bia):
            sentence = f"{one.name} should have received Ana's message."
            frame = await one.hears(sentence, text=text)
        expect(
            seen and all(found.get(text) == frame.get("id") for found in seen),
            f"Bia was notified of the message {text!r}, but her page couldn't fetch it yet: no"
            " other database connection could see it when it was sent.",
        )


async def test_a_refused_message_is_not_heard(opens):
    """Ana has nothing left: she gets an error, and Bia receives nothing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    for text in ("one", "two", "three"):
        await ana.says(text=text, sender="Ana")
        for one in (ana, bia):
            await one.hears(
                f"{one.name} should have received Ana's message.", text=text
            )
    await ana.says(text="four", sender="Ana")
    frame = await ana.hears("Ana has nothing left, so she should have got an `error`.")
    refused = "Ana's fourth message was refused, so nobody should be notified of it."
    expect("error" in frame, f"{refused} Ana received {frame} instead of an `error`.")
    await bia.hears_nothing(refused)
    await bia.says(text="mine", sender="Bia")
    for one in (ana, bia):
        sentence = f"{one.name} should have received the message of Bia, who has her own account."
        await one.hears(sentence, text="mine", sender="Bia")


async def test_a_refused_message_is_not_stored(opens):
    """A message that Ana can't pay for isn't stored either."""
    ana = await opens("Ana")
    for text in ("one", "two", "three", "four"):
        await ana.says(text=text, sender="Ana")
        await ana.hears("Ana should have received her message, or an error.")
    texts = sorted(await asyncio.to_thread(stored))
    expect(
        texts == ["one", "three", "two"],
        "Ana's fourth message was refused, so it shouldn't be stored."
        f" These are: {', '.join(texts)}.",
    )


async def test_what_is_not_stored_costs_nothing(opens, monkeypatch):
    """The database fails while it stores Ana's message: she doesn't pay for it."""
    await sync_to_async(open_account)("Ana")
    ana, bia = await opens("Ana"), await opens("Bia")
    execute = CursorWrapper.execute
    failed = []

    def failing(self, sql, params=None):
        if sql.startswith("INSERT") and "chat_message" in sql:
            failed.append(sql)
            raise OperationalError("disk full, says the check")
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", failing)
    await ana.says(text="lost", sender="Ana")
    until = time.monotonic() + patience.seconds()
    while time.monotonic() < until:
        # Ana's socket may end with that error, or an error frame may come.
        if failed and (ana.socket.future.done() or ana.socket.output_queue.qsize()):
            break
        await asyncio.sleep(0.005)
    await bia.hears_nothing(
        "The message isn't stored, so Bia shouldn't be notified of it."
    )
    units = await asyncio.to_thread(left, "Ana")
    expect(
        units == 3,
        f"The message couldn't be stored, but Ana paid for it: she has {units} left"
        " of 3.",
    )
