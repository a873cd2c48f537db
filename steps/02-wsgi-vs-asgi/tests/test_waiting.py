"""What the server holds while clients wait."""

import asyncio
import json
import threading

import pytest
from django.test import AsyncClient, Client

from chat import events, history

pytestmark = pytest.mark.django_db(transaction=True)

LOBBY = "/messages/lobby/"


async def say(text):
    message = {"text": text, "sender": "Ana"}
    return await AsyncClient().post(LOBBY, message, content_type="application/json")


async def until(condition):
    """Let the other tasks run until the condition is true."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the notifier itself is under test
            await asyncio.sleep(0)


async def test_fifty_listeners_wait_and_hold_no_thread(monkeypatch):
    monkeypatch.setattr(history, "CHECK_EVERY", 60)  # only the notifier ends the wait
    await AsyncClient().get(LOBBY)  # starts the one thread in which the ORM runs
    threads = threading.active_count()
    query = {"after": 0, "wait": 25}
    polls = [asyncio.create_task(AsyncClient().get(LOBBY, query)) for _ in range(50)]
    await until(lambda: len(history.notifier.waiting) == 50)
    # Fewer, if a thread of an earlier test has ended meanwhile.
    assert threading.active_count() <= threads

    await say("oi")
    answers = [(await poll).json()["messages"] for poll in polls]
    assert [message["text"] for (message,) in answers] == ["oi"] * 50


async def test_a_listener_that_disconnects_is_forgotten():
    poll = asyncio.create_task(AsyncClient().get(LOBBY, {"after": 0, "wait": 25}))
    await until(lambda: history.notifier.waiting)
    poll.cancel()
    await asyncio.gather(poll, return_exceptions=True)
    assert not history.notifier.waiting


async def test_an_event_stream_sends_old_messages_and_then_new_ones():
    await say("before")
    response = await AsyncClient().get("/events/lobby/")
    assert response["Content-Type"] == "text/event-stream"
    stream = aiter(response)
    assert await anext(stream) == b": listening\n\n"
    assert text_of(await anext(stream)) == "before"
    following = asyncio.create_task(anext(stream))
    await until(lambda: history.notifier.waiting)
    await say("after")
    assert text_of(await following) == "after"
    await stream.aclose()


async def test_a_browser_that_reconnects_misses_nothing_and_gets_nothing_twice():
    seen = (await say("seen")).json()["id"]
    await say("missed")
    headers = {"Last-Event-ID": str(seen)}
    response = await AsyncClient().get("/events/lobby/?after=0", headers=headers)
    stream = aiter(response)
    await anext(stream)
    assert text_of(await anext(stream)) == "missed"
    await stream.aclose()


async def test_a_quiet_event_stream_sends_keep_alives(monkeypatch):
    monkeypatch.setattr(events, "KEEP_ALIVE", 0.1)
    stream = aiter(await AsyncClient().get("/events/lobby/"))
    await anext(stream)
    assert await anext(stream) == b": still here\n\n"
    await stream.aclose()


def test_wsgi_can_stream_too_but_holds_a_thread():
    Client().post(LOBBY, {"text": "oi"}, content_type="application/json")
    response = Client().get("/events/lobby/")
    stream = iter(response)
    assert next(stream) == b": listening\n\n"
    assert text_of(next(stream)) == "oi"
    response.close()


@pytest.mark.parametrize("header", ["abc", "-1"])
def test_an_invalid_event_id_gets_a_400_with_a_reason(header):
    response = Client().get("/events/lobby/", headers={"Last-Event-ID": header})
    assert response.status_code == 400
    assert header in response.json()["error"]


def text_of(event):
    """Return the text of the message in an event such as `id: 1`, `data: {...}`."""
    return json.loads(event.decode().split("data: ")[1])["text"]
