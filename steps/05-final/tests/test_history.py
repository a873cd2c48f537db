"""Nothing lost, nothing twice, nothing out of order, whatever the layer does."""

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import redis
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, IntegrityError, connection

from chat import consumers, frames, history, link, mailbox, storing, watch
from chat.database import ask
from chat.groups import group_name
from chat.hub import this_hub
from chat.models import Message, Room
from tests.sockets import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


async def enter(join, name="ana", **query):
    socket = await join("class", name, **query)
    sync = await socket.receive_json_from()
    return socket, [message["text"] for message in sync["messages"]]


def test_messages_of_many_writers_are_numbered_without_a_gap(store):
    room = Room.objects.create(name="class")

    def write(number):
        try:
            for _ in range(5):
                store(room, ["ana", "bia", "caio"][number % 3], "oi")
        finally:
            connection.close()  # each thread has its own

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(20)))
    seqs = Message.objects.values_list("seq", flat=True)
    assert list(seqs) == list(range(1, 101))
    assert Room.objects.get().last_seq == 100


def test_a_message_sent_again_is_stored_once(store):
    room = Room.objects.create(name="class")
    cid = uuid.uuid4()
    first, again = store(room, "ana", "oi", cid), store(room, "ana", "oi", cid)
    assert (first.is_new, again.is_new) == (True, False)
    assert first.message == again.message
    # A key only counts for the person who sent it.
    assert store(room, "bia", "oi", cid).is_new


def test_a_message_sent_twice_at_the_same_instant_is_stored_once(store):
    room = Room.objects.create(name="class")
    cid = uuid.uuid4()

    def send(_):
        try:
            return store(room, "ana", "oi", cid).is_new
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        assert sorted(threads.map(send, range(4))) == [False, False, False, True]
    assert Room.objects.get().last_seq == 1


def test_a_message_that_another_process_stores_during_the_lookup_is_found(
    store, monkeypatch
):
    room, cid = Room.objects.create(name="class"), uuid.uuid4()
    known_among, lookups = storing.known_among, []

    def look_too_early(drafts):
        lookups.append(drafts)
        return {} if len(lookups) == 1 else known_among(drafts)

    first = store(room, "ana", "oi", cid)
    monkeypatch.setattr(storing, "known_among", look_too_early)
    again = store(room, "ana", "oi", cid)
    assert (again.message, again.is_new) == (first.message, False)
    assert Room.objects.get().last_seq == 1  # the first try took no number


def test_a_message_that_is_twice_in_one_batch_is_stored_once(store):
    room = Room.objects.create(name="class")
    first = store(room, "ana", "before")
    cid = uuid.uuid4()
    twice = [
        storing.Draft(None, first.permit, "oi", cid, None, "test") for _ in range(2)
    ]
    storing.store(twice)
    assert [draft.is_new for draft in twice] == [True, False]
    assert [draft.message.seq for draft in twice] == [2, 2]


async def test_a_message_with_a_key_is_confirmed(join, make_room):
    await make_room("class")
    ana, _ = await enter(join)
    cid = str(uuid.uuid4())
    for dup in (False, True):
        await ana.say("oi", cid=cid)
        sent = await ana.wait_for("sent")
        assert sent == {"type": "sent", "cid": cid, "seq": 1, "dup": dup}


async def test_a_page_that_reconnects_gets_what_it_missed_and_nothing_twice(
    join, make_room, store
):
    room = await make_room("class")
    for text in ("one", "two", "three"):
        await sync_to_async(store)(room, "bia", text)
    _, texts = await enter(join, after=1)
    assert texts == ["two", "three"]


async def test_a_page_that_missed_more_than_one_frame_holds_gets_all_of_it(
    join, make_room, store, monkeypatch
):
    monkeypatch.setattr(history, "MOST_MESSAGES", 3)
    room = await make_room("class")
    for number in range(8):
        await sync_to_async(store)(room, "bia", str(number))
    ana, texts = await enter(join, after=0)
    assert texts + await ana.hear(5) == [str(number) for number in range(8)]


async def test_a_page_that_reconnects_to_a_busy_room_gets_all_of_it(
    join, make_room, monkeypatch
):
    monkeypatch.setattr(history, "MOST_MESSAGES", 3)
    await make_room("class")
    ana, _ = await enter(join)
    for number in range(1, 8):
        await ana.say(str(number))
    await ana.hear(7)
    bia, texts = await enter(join, "bia", after=1)
    assert texts + await bia.hear(6 - len(texts)) == ["2", "3", "4", "5", "6", "7"]


async def test_a_page_with_a_number_from_another_history_starts_over(
    join, make_room, store
):
    room = await make_room("class")
    await sync_to_async(store)(room, "bia", "one")
    ana = await join("class", "ana", after=99)
    sync = await ana.receive_json_from()
    assert sync["reset"] is True
    assert [message["text"] for message in sync["messages"]] == ["one"]


async def test_a_page_from_a_process_that_knew_more_keeps_its_messages_and_gets_the_rest(
    join, make_room, store
):
    room = await make_room("class")
    bia, _ = await enter(join, "bia")  # from now on, this process follows the room
    for text in ("one", "two", "three"):
        await sync_to_async(store)(room, "caio", text)
    ana = await join("class", "ana", after=2)
    sync = await ana.receive_json_from()
    assert sync["reset"] is False
    assert [message["text"] for message in sync["messages"]] == ["three"]
    assert await bia.hear(3) == ["one", "two", "three"]


async def test_a_page_that_knows_more_is_asked_to_reconnect_while_the_database_is_down(
    join, make_room, store, monkeypatch
):
    room = await make_room("class")
    await enter(join, "bia")  # from now on, this process follows the room
    await sync_to_async(store)(room, "caio", "one")

    def locked(*_):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(history, "following", locked)
    ana = await join("class", "ana", after=1)
    assert (await ana.receive_json_from())["code"] == "unavailable"
    assert await ana.is_closed_with() == consumers.Close.UNAVAILABLE


@pytest.mark.parametrize("after", ["abc", "-1", "²", "9" * 30])
async def test_a_page_with_an_invalid_number_starts_over(join, make_room, after):
    await make_room("class")
    ana = await join("class", "ana", after=after)
    assert (await ana.receive_json_from())["reset"] is True


async def test_a_room_created_again_under_the_same_name_starts_over(
    join, make_room, store
):
    old = await make_room("class")
    epoch = old.epoch
    await sync_to_async(store)(old, "bia", "long ago")
    await old.adelete()
    new = await make_room("class")
    for text in ("one", "two"):
        await sync_to_async(store)(new, "bia", text)
    ana = await join("class", "ana", after=1, epoch=epoch)
    sync = await ana.receive_json_from()
    assert sync["reset"] is True
    assert sync["epoch"] == str(new.epoch)
    assert [message["text"] for message in sync["messages"]] == ["one", "two"]


async def test_a_page_that_was_away_very_long_starts_over_with_the_newest(
    join, make_room, store, monkeypatch
):
    monkeypatch.setattr(history, "MOST_MESSAGES", 3)
    monkeypatch.setattr(history, "FAR_BEHIND", 5)
    room = await make_room("class")
    for number in range(8):
        await sync_to_async(store)(room, "bia", str(number))
    ana = await join("class", "ana", after=1)
    sync = await ana.receive_json_from()
    assert (sync["reset"], sync["more"]) == (True, True)
    assert [message["text"] for message in sync["messages"]] == ["5", "6", "7"]


async def test_a_page_that_missed_a_lot_is_not_mistaken_for_one_that_does_not_read(
    join, make_room, store, monkeypatch
):
    """While it catches up, a page can't acknowledge what it has read."""
    monkeypatch.setattr(mailbox, "WINDOW", 10_000)
    monkeypatch.setattr(history, "MOST_MESSAGES", 3)
    room = await make_room("class")
    for _ in range(20):
        await sync_to_async(store)(room, "bia", "a" * 2000)
    ana = await join("class", "ana", after=0)
    assert len(await ana.hear(20)) == 20
    bia = await join("class", "bia")
    await bia.say("and one more")
    assert await ana.hear() == ["and one more"]


async def test_scrolling_back_shows_page_after_page(
    join, make_room, store, monkeypatch
):
    monkeypatch.setattr(history, "MOST_MESSAGES", 3)
    monkeypatch.setattr(history, "MOST_OLDER", 3)
    room = await make_room("class")
    for number in range(1, 9):
        await sync_to_async(store)(room, "bia", str(number))
    ana = await join("class", "ana")
    sync = await ana.receive_json_from()
    assert sync["more"] is True
    pages = []
    before = sync["messages"][0]["seq"]
    while before:
        await ana.send_json_to({"type": "history", "before": before})
        page = await ana.wait_for("history")
        pages.append([message["text"] for message in page["messages"]])
        before = page["messages"][0]["seq"] if page["more"] else None
    assert pages == [["3", "4", "5"], ["1", "2"]]


async def test_a_room_with_few_messages_has_no_older_ones(join, make_room, store):
    room = await make_room("class")
    await sync_to_async(store)(room, "bia", "one")
    ana = await join("class", "ana")
    assert (await ana.receive_json_from())["more"] is False


async def test_a_message_that_the_layer_lost_arrives_before_the_next_one(
    join, make_room, store
):
    room = await make_room("class")
    ana, _ = await enter(join)
    bia, _ = await enter(join, "bia")
    await sync_to_async(store)(room, "ana", "lost")
    await bia.say("next")
    assert await ana.hear(2) == ["lost", "next"]


async def test_a_lost_last_message_is_found_by_the_next_check(
    join, make_room, store, often
):
    room = await make_room("class")
    ana, _ = await enter(join)
    await sync_to_async(store)(room, "bia", "the last one")
    assert await ana.hear() == ["the last one"]


def event_of(*drafts):
    """Return the event that another process would send."""
    (batch,) = storing.batches_of(drafts)
    return batch.as_event()


async def test_a_layer_that_repeats_and_reorders_events_changes_nothing(
    join, make_room, store
):
    room = await make_room("class")
    ana, _ = await enter(join)
    drafts = [await sync_to_async(store)(room, "bia", str(n)) for n in range(5)]
    for index in (4, 0, 2, 2, 1, 3, 4):
        await get_channel_layer().group_send(
            group_name(room.pk), event_of(drafts[index])
        )
    assert await ana.hear(5) == ["0", "1", "2", "3", "4"]
    assert await ana.receive_nothing()


async def test_an_unknown_event_is_ignored(join, make_room, store):
    room = await make_room("class")
    ana, _ = await enter(join)
    for event in ({"type": "from.the.future"}, {"type": "messages", "room": room.pk}):
        await get_channel_layer().group_send(group_name(room.pk), event)
    draft = await sync_to_async(store)(room, "bia", "oi")
    await get_channel_layer().group_send(group_name(room.pk), event_of(draft))
    assert await ana.hear() == ["oi"]


async def test_a_message_stored_during_a_repair_is_not_lost(
    join, make_room, store, monkeypatch
):
    room = await make_room("class")
    ana, _ = await enter(join)
    following = history.following
    late = []

    def read_then_store(*place):
        """Read; then somebody stores one more before the reader continues."""
        found = following(*place)
        if not late:
            late.append(store(room, "bia", "late"))
            hub.rooms[room.pk].deliver(*storing.batches_of(late))
        return found

    hub = this_hub()
    monkeypatch.setattr(history, "following", read_then_store)
    drafts = [await sync_to_async(store)(room, "bia", text) for text in ("1", "2")]
    await get_channel_layer().group_send(group_name(room.pk), event_of(drafts[1]))
    assert await ana.hear(3) == ["1", "2", "late"]


async def test_a_late_event_during_a_repair_is_shown_once(
    join, make_room, store, monkeypatch
):
    room = await make_room("class")
    ana, _ = await enter(join)
    hub, loop = this_hub(), asyncio.get_running_loop()
    following = history.following

    def read_then_hear(*place):
        """Read; then the layer delivers the first one before the reader continues."""
        found = following(*place)
        loop.call_soon_threadsafe(hub.receive, event_of(drafts[0]))
        return found

    monkeypatch.setattr(history, "following", read_then_hear)
    drafts = [await sync_to_async(store)(room, "bia", text) for text in ("1", "2")]
    await get_channel_layer().group_send(group_name(room.pk), event_of(drafts[1]))
    assert await ana.hear(2) == ["1", "2"]
    assert await ana.receive_nothing()


async def test_a_deleted_message_is_not_waited_for(join, make_room, store):
    room = await make_room("class")
    ana, _ = await enter(join)
    drafts = [await sync_to_async(store)(room, "bia", text) for text in ("1", "2")]
    await Message.objects.filter(text="1").adelete()
    await get_channel_layer().group_send(group_name(room.pk), event_of(drafts[1]))
    assert await ana.hear() == ["2"]
    await ana.say("3")
    assert await ana.hear() == ["3"]


async def test_a_process_that_redis_dropped_from_a_group_joins_again(
    join, make_room, store, settings
):
    room = await make_room("class")
    ana, _ = await enter(join)
    layer = get_channel_layer()
    with redis.Redis.from_url(settings.REDIS_URL) as database:
        # Like FLUSHALL, or a restart of Redis.
        database.delete(*database.keys(f"{layer.prefix}:group:*"))
    await this_hub().watch.check_all()
    draft = await sync_to_async(store)(room, "bia", "oi")
    await layer.group_send(group_name(room.pk), event_of(draft))
    assert await ana.hear() == ["oi"]


@pytest.fixture
def no_layer(join, monkeypatch):
    """Make every call to the layer fail."""

    async def down(*_):
        raise ConnectionError("no Redis")

    for name in ("group_send", "group_add", "receive"):
        monkeypatch.setattr(get_channel_layer(), name, down)


async def test_a_message_is_stored_while_the_layer_is_down(join, make_room, no_layer):
    await make_room("class")
    ana, _ = await enter(join)
    await ana.say("oi")
    assert await ana.hear() == ["oi"]
    assert await Message.objects.acount() == 1


async def test_without_the_layer_messages_of_other_processes_are_found_soon(
    join, make_room, store, no_layer, monkeypatch
):
    monkeypatch.setattr(watch, "CHECK_EVERY_DOWN", 0.1)
    room = await make_room("class")
    ana, _ = await enter(join)
    await sync_to_async(store)(room, "bia", "elsewhere")
    assert await ana.hear() == ["elsewhere"]


async def test_a_library_that_swallows_a_cancellation_does_not_delay_the_end(
    join, make_room, monkeypatch
):
    await make_room("class")
    is_waiting = asyncio.Event()

    async def receive(_):
        is_waiting.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    monkeypatch.setattr(get_channel_layer(), "receive", receive)
    ana, _ = await enter(join)
    await is_waiting.wait()
    await ana.disconnect()
    assert not ana.future.cancelled()  # which is what becomes of one who takes too long


@pytest.fixture
def no_database(monkeypatch):
    """Make storing fail until the returned function is called."""
    store = storing.store

    def locked(_):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(storing, "store", locked)
    return lambda: monkeypatch.setattr(storing, "store", store)


async def test_a_message_that_cannot_be_stored_is_answered_and_the_socket_stays_open(
    join, make_room, no_database
):
    await make_room("class")
    ana, _ = await enter(join)
    cid = str(uuid.uuid4())
    await ana.say("oi", cid=cid)
    error = await ana.wait_for("error")
    assert (error["code"], error["cid"]) == ("unavailable", cid)
    no_database()
    await ana.say("oi", cid=cid)
    assert (await ana.wait_for("sent"))["dup"] is False


async def test_after_a_failure_the_database_gets_a_new_connection():
    def fail():
        connection.ensure_connection()
        raise DatabaseError("the server has gone away")

    with pytest.raises(DatabaseError):
        await ask(fail)
    assert await ask(lambda: connection.connection) is None


async def test_one_message_that_cannot_be_stored_does_not_stop_the_others(
    join, make_room, monkeypatch
):
    await make_room("class")
    ana, _ = await enter(join)
    store = storing.store

    def refuse_poison(drafts):
        if any(draft.text == "poison" for draft in drafts):
            raise IntegrityError("no")
        store(drafts)

    monkeypatch.setattr(storing, "store", refuse_poison)
    for text in ("1", "poison", "2", "3"):
        await ana.say(text)
    assert await ana.refused() == ["unavailable"]
    assert await ana.hear(2) == ["2", "3"]


async def test_a_socket_that_fails_sends_an_error_and_leaves_nothing_running(
    join, make_room, monkeypatch
):
    await make_room("class")
    ana, _ = await enter(join)

    async def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(consumers.ChatConsumer, "on_send", fail)
    await ana.say("oi")
    assert await ana.refused() == ["unavailable"]
    assert await ana.is_closed_with() == 4503
    await ana.disconnect()
    running = {task.get_coro().__name__ for task in asyncio.all_tasks()}
    assert not running & {"keep", "listen", "send", "empty", "write"}


async def test_sockets_in_a_deleted_room_are_told_why_they_close(join, make_room):
    room = await make_room("class")
    ana, _ = await enter(join)
    await room.adelete()
    assert await ana.refused() == ["not_found"]
    assert await ana.is_closed_with() == 4404


async def test_pages_are_pinged_while_the_database_is_down(
    join, make_room, monkeypatch, often
):
    await make_room("class")
    ana, _ = await enter(join)

    async def down(*_):
        raise DatabaseError("the server has gone away")

    monkeypatch.setattr(watch, "ask", down)
    for _ in range(3):
        await ana.wait_for("ping")


async def test_a_database_that_never_answers_is_an_error_in_the_end(
    monkeypatch,
):
    it_answers = threading.Event()
    monkeypatch.setattr("chat.database.TIMEOUT", 0.01)
    with pytest.raises(DatabaseError, match="no answer"):
        await ask(it_answers.wait)
    it_answers.set()
    monkeypatch.setattr("chat.database.TIMEOUT", 10)
    assert await ask(lambda: "an answer") == "an answer"


async def test_a_message_stored_after_a_timeout_is_shown_when_it_is_sent_again(
    join, make_room, store, monkeypatch
):
    """The process that stored it had timed out, and didn't publish it."""
    room = await make_room("class")
    ana, _ = await enter(join)
    bia, _ = await enter(join, "bia")
    cid = uuid.uuid4()
    await sync_to_async(store)(room, "ana", "oi", cid)
    await ana.say("oi", cid=str(cid))
    assert (await ana.wait_for("sent"))["dup"] is True
    assert await bia.hear() == ["oi"]


async def meet_another_process():
    """Without one, nothing is sent through the layer."""
    this_hub().link.meet(answer=False)
    await this_hub().link.flush()


async def test_a_message_sent_again_does_not_replace_newer_ones_for_other_processes(
    join, make_room, monkeypatch
):
    """It's an old one, and mustn't replace what still waits for the layer."""
    room = await make_room("class")
    await enter(join)
    hub, carried = this_hub(), []
    await meet_another_process()

    async def carry(group, event):
        carried.append((event["type"], event.get("last")))

    monkeypatch.setattr(get_channel_layer(), "group_send", carry)
    new = frames.Message(2, None, "class", "ana", "new", 0, None, "8001")
    hub.publish(history.Batch(room.pk, room.epoch, 2, [new]))
    hub.publish(history.Batch(room.pk, room.epoch, 1, []))
    await hub.link.flush()
    assert [last for kind, last in carried if kind == "messages"] == [2]


async def test_an_event_that_redis_did_not_take_is_sent_later(
    join, make_room, monkeypatch
):
    await make_room("class")
    ana, _ = await enter(join)
    await meet_another_process()
    monkeypatch.setattr(link, "TIMEOUT", 0.01)
    layer, carried = get_channel_layer(), asyncio.Event()
    tries = []

    async def fail_twice(group, event):
        if event["type"] == "messages":
            tries.append(event["last"])
            if len(tries) < 3:
                raise ConnectionError("Redis is paused")
            carried.set()

    monkeypatch.setattr(layer, "group_send", fail_twice)
    await ana.say("oi")
    async with asyncio.timeout(PATIENCE):
        await carried.wait()
    assert tries == [1, 1, 1]
