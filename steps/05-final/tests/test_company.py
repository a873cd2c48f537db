"""Processes that find each other, and what they send through the layer before and after."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from channels.layers import get_channel_layer

from chat import frames, history, link, storing
from chat.database import Together, ask
from chat.groups import EVERYBODY, group_name
from chat.hub import this_hub
from chat.link import Link
from tests.sockets import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def another_process(*groups):
    """Run the link of another process, with a queue of what it receives."""
    received = asyncio.Queue()
    other = Link(received.put_nowait, met=lambda: None)
    async with asyncio.timeout(PATIENCE):
        while not await other.subscribe([EVERYBODY, *groups]):
            pass  # Redis was too slow for the link: try again
    tasks = [asyncio.create_task(work()) for work in (other.listen, other.send)]
    try:
        yield other, received
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def next_of(received, kind):
    """Return the next event of a type."""
    async with asyncio.timeout(PATIENCE):
        while (event := await received.get())["type"] != kind:
            pass
    return event


@pytest.fixture
async def room(make_room):
    return await make_room("class")


@pytest.fixture
async def ana(room, join):
    ana = await join("class", "ana")
    await ana.receive_json_from()
    return ana


async def test_a_process_alone_sends_nothing_through_the_layer(ana, monkeypatch):
    sent = []

    async def note(group, event):
        sent.append(event["type"])

    monkeypatch.setattr(get_channel_layer(), "group_send", note)
    await ana.say("oi")
    assert await ana.hear() == ["oi"]
    await ana.send_json_to({"type": "typing"})
    await ana.wait_for("typing")
    await this_hub().watch.check_all()
    assert set(sent) == {"hello"}


async def test_a_process_that_comes_later_is_sent_what_is_said(room, ana):
    async with another_process(group_name(room.pk)) as (other, received):
        await other.greet()
        await next_of(received, "messages")  # the introduction
        assert other.has_company()
        assert this_hub().link.has_company()
        await ana.say("oi")
        event = await next_of(received, "messages")
        assert [one.text for one in history.Batch.of_event(event).messages] == ["oi"]


async def test_what_was_said_before_they_met_is_not_lost(room, ana, store):
    """The introduction says which messages exist, so the other can read them."""
    await ana.say("before")
    await ana.hear()
    async with another_process(group_name(room.pk)) as (other, received):
        await other.greet()
        event = await next_of(received, "messages")
        assert (event["last"], event["messages"]) == (1, b"[]")


async def test_a_process_that_asks_is_answered(ana):
    """It may have no room in common with us, so only the answer says that we are here."""
    met = asyncio.Event()
    async with another_process() as (other, _):
        other.met = met.set
        await other.greet()
        async with asyncio.timeout(PATIENCE):
            await met.wait()


async def test_a_process_that_is_not_heard_from_any_more_counts_as_gone(monkeypatch):
    one = Link(lambda event: None, met=lambda: None)
    one.meet(answer=False)
    assert one.has_company()
    monkeypatch.setattr(one, "company_until", one.company_until - link.COMPANY_LASTS)
    assert not one.has_company()


async def test_a_message_stored_while_a_room_is_opened_is_not_lost(
    room, join, store, monkeypatch
):
    """Its event arrives before the read, which missed it, has returned."""
    newest_in, loop = history.newest_in, asyncio.get_running_loop()

    def read_then_store(room_pk):
        monkeypatch.setattr(history, "newest_in", newest_in)
        found = newest_in(room_pk)
        (batch,) = storing.batches_of([store(room, "bia", "in between")])
        loop.call_soon_threadsafe(hub.receive, batch.as_event())
        return found

    hub = this_hub()
    monkeypatch.setattr(history, "newest_in", read_then_store)
    ana = await join("class", "ana")
    assert await ana.hear() == ["in between"]


async def test_messages_that_wait_for_the_layer_travel_together(room, ana, monkeypatch):
    """Also if another process has stored one in between: number 3 isn't ours."""
    hub, sent = this_hub(), []
    hub.link.meet(answer=False)
    await hub.link.flush()

    async def note(group, event):
        if event["type"] == "messages":
            sent.append(history.Batch.of_event(event))

    monkeypatch.setattr(get_channel_layer(), "group_send", note)
    for seq in (1, 2, 4):
        message = frames.Message(seq, None, "class", "ana", "oi", 0, None, "8001")
        hub.publish(history.Batch(room.pk, room.epoch, seq, [message]))
    await hub.link.flush()
    assert [[one.seq for one in batch.messages] for batch in sent] == [[1, 2, 4]]


async def test_messages_in_the_wrong_order_need_no_database(room, ana, monkeypatch):
    """Two processes store at the same time, and each learns of its own first."""
    asked = []
    monkeypatch.setattr(history, "following", lambda *place: asked.append(place))
    monkeypatch.setattr("chat.local_room.GAP_LASTS", PATIENCE)
    local = this_hub().rooms[room.pk]
    for seq in (2, 3, 1):
        message = frames.Message(seq, None, "class", "ana", str(seq), 0, None, "8001")
        local.deliver(history.Batch(room.pk, room.epoch, seq, [message]))
        # Whatever the gap has made a task ask, the database thread has done before this.
        await asyncio.sleep(0)
        await ask(int)
    assert await ana.hear(3) == ["1", "2", "3"]
    assert not asked


async def test_sockets_that_open_at_once_ask_the_database_together():
    asked = []

    def work(questions):
        asked.append(questions)
        return {question: sum(question) for question in questions}

    together = Together(work)
    questions = [(1, 1), (2, 2), (1, 1), (2, 2)]
    answers = await asyncio.gather(*(together.ask(*one) for one in questions))
    assert answers == [2, 4, 2, 4]
    assert asked == [{(1, 1), (2, 2)}]


async def test_a_failed_question_fails_for_all_and_the_next_one_is_asked_again():
    results = [ZeroDivisionError(), {("same",): "answer"}]

    def work(questions):
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    together = Together(work)
    answers = await asyncio.gather(
        together.ask("same"), together.ask("same"), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [ZeroDivisionError] * 2
    assert await together.ask("same") == "answer"


async def test_a_question_without_an_answer_fails_and_the_next_one_is_asked():
    results = [{}, {("same",): "answer"}]
    together = Together(lambda questions: results.pop(0))
    with pytest.raises(KeyError):
        await together.ask("same")
    assert await together.ask("same") == "answer"
