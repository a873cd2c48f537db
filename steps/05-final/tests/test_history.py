"""Nothing lost, nothing twice, nothing out of order, whatever the layer does."""

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from chat import consumers, models
from chat.groups import group_name
from chat.models import Message, Room

pytestmark = pytest.mark.django_db(transaction=True)


def store(room, name, text, cid=None):
    """Store a message without telling anybody, as if the layer had lost the news."""
    sender = User.objects.get(username=name)
    content = {"text": text, "sent_at": None, "server": "test"}
    return Message.store(room, sender, cid, **content)


async def enter(join, name="ana", **options):
    socket = await join("class", name, **options)
    sync = await socket.receive_json_from()
    return socket, [message["text"] for message in sync["messages"]]


async def hear(socket, count):
    """Return the texts of the next messages, however they are put into frames."""
    texts = []
    while len(texts) < count:
        frame = await socket.receive_json_from()
        messages = frame.get("messages", [frame])
        texts += [message["text"] for message in messages if "text" in message]
    return texts


def test_messages_of_many_writers_are_numbered_without_a_gap(people):
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


def test_a_message_sent_again_is_stored_once(people):
    room = Room.objects.create(name="class")
    cid = uuid.uuid4()
    first, is_new = store(room, "ana", "oi", cid)
    again, is_new_again = store(room, "ana", "oi", cid)
    assert (is_new, is_new_again) == (True, False)
    assert first == again
    # Somebody else's key is another key.
    assert store(room, "bia", "oi", cid)[1]


def test_a_message_sent_twice_at_the_same_instant_is_stored_once(people):
    room = Room.objects.create(name="class")
    cid = uuid.uuid4()

    def send(_):
        try:
            return store(room, "ana", "oi", cid)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        assert sorted(threads.map(send, range(4))) == [False, False, False, True]
    assert Room.objects.get().last_seq == 1


async def test_whoever_sends_with_a_key_is_told_that_it_is_stored(join, make_room):
    await make_room("class")
    ana, _ = await enter(join)
    cid = str(uuid.uuid4())
    for dup in (False, True):
        await ana.send_json_to({"text": "oi", "cid": cid})
        sent = await ana.receive_json_from()
        if sent["type"] == "message":  # the message itself, before the second answer
            sent = await ana.receive_json_from()
        assert sent == {"type": "sent", "cid": cid, "seq": 1, "dup": dup}


async def test_whoever_comes_back_gets_what_was_missed_and_nothing_twice(
    join, make_room, people
):
    room = await make_room("class")
    for text in ("one", "two", "three"):
        await sync_to_async(store)(room, "bia", text)
    _, texts = await enter(join, after=1)
    assert texts == ["two", "three"]


async def test_whoever_missed_more_than_a_frame_holds_gets_all_of_it(
    join, make_room, people, monkeypatch
):
    monkeypatch.setattr(models, "MOST_MESSAGES", 3)
    room = await make_room("class")
    for number in range(8):
        await sync_to_async(store)(room, "bia", str(number))
    ana, texts = await enter(join, after=0)
    assert texts + await hear(ana, 5) == [str(number) for number in range(8)]


async def test_a_number_from_another_history_begins_anew(join, make_room, people):
    room = await make_room("class")
    await sync_to_async(store)(room, "bia", "one")
    ana = await join("class", "ana", after=99)
    sync = await ana.receive_json_from()
    assert sync["reset"] is True
    assert [message["text"] for message in sync["messages"]] == ["one"]


@pytest.mark.parametrize("after", ["abc", "-1", "²", "9" * 30])
async def test_a_number_that_is_none_begins_anew(join, make_room, after):
    await make_room("class")
    ana = await join("class", "ana", after=after)
    assert (await ana.receive_json_from())["reset"] is True


async def test_a_message_that_the_layer_has_lost_comes_before_the_next_one(
    join, make_room
):
    room = await make_room("class")
    ana, _ = await enter(join)
    bia, _ = await enter(join, "bia")
    await sync_to_async(store)(room, "ana", "lost")
    await bia.send_json_to({"text": "next"})
    assert await hear(ana, 2) == ["lost", "next"]


async def test_the_last_message_is_found_without_a_next_one(
    join, make_room, monkeypatch
):
    monkeypatch.setattr(consumers, "LOOK_AGAIN", 0.1)
    room = await make_room("class")
    ana, _ = await enter(join)
    await sync_to_async(store)(room, "bia", "the last one")
    assert await hear(ana, 1) == ["the last one"]


async def test_a_layer_that_repeats_and_mixes_up_changes_nothing(join, make_room):
    room = await make_room("class")
    ana, _ = await enter(join)
    events = []
    for number in range(5):
        message, _ = await sync_to_async(store)(room, "bia", str(number))
        as_json = await sync_to_async(message.as_json)()
        events.append({"type": "chat.message", "message": as_json})
    for index in (4, 0, 2, 2, 1, 3, 4):
        await get_channel_layer().group_send(group_name(room), events[index])
    assert await hear(ana, 5) == ["0", "1", "2", "3", "4"]
    assert await ana.receive_nothing()


async def test_whoever_has_fallen_out_of_the_group_is_put_back(
    join, make_room, monkeypatch, settings
):
    monkeypatch.setattr(consumers, "LOOK_AGAIN", 0.1)
    room = await make_room("class")
    ana, _ = await enter(join)
    layer = get_channel_layer()
    with redis.Redis.from_url(settings.REDIS_URL) as database:
        database.delete(
            *database.keys(f"{layer.prefix}:group:*")
        )  # FLUSHALL, a restart
    while (await ana.receive_json_from())["type"] != "ping":
        pass
    monkeypatch.setattr(consumers, "LOOK_AGAIN", 60)
    message, _ = await sync_to_async(store)(room, "bia", "oi")
    as_json = await sync_to_async(message.as_json)()
    await layer.group_send(
        group_name(room), {"type": "chat.message", "message": as_json}
    )
    assert await hear(ana, 1) == ["oi"]


async def test_a_message_is_stored_though_the_layer_is_down(
    join, make_room, monkeypatch
):
    await make_room("class")
    ana, _ = await enter(join)

    async def down(*_):
        raise ConnectionError("no Redis")

    monkeypatch.setattr(get_channel_layer(), "group_send", down)
    await ana.send_json_to({"text": "oi"})
    assert await hear(ana, 1) == ["oi"]
    assert await Message.objects.acount() == 1


async def test_a_message_that_cannot_be_stored_is_answered_and_the_socket_lives(
    join, make_room, monkeypatch
):
    await make_room("class")
    ana, _ = await enter(join)
    cid = str(uuid.uuid4())
    store = Message.store

    def locked(*_, **__):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(Message, "store", locked)
    await ana.send_json_to({"text": "oi", "cid": cid})
    error = await ana.receive_json_from()
    assert (error["code"], error["cid"]) == ("unavailable", cid)
    monkeypatch.setattr(Message, "store", store)
    await ana.send_json_to({"text": "oi", "cid": cid})
    assert (await ana.receive_json_from())["type"] == "sent"


async def test_a_socket_that_fails_leaves_nothing_running(join, make_room, monkeypatch):
    await make_room("class")
    ana, _ = await enter(join)

    async def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(consumers.ChatConsumer, "chat_message", fail)
    await ana.send_json_to({"text": "oi"})
    with pytest.raises(ZeroDivisionError):
        await ana.receive_output()
    running = [task.get_coro().__name__ for task in asyncio.all_tasks()]
    assert "keep_watch" not in running


async def test_a_room_that_is_deleted_says_so(join, make_room):
    room = await make_room("class")
    ana, _ = await enter(join)
    await room.adelete()
    await ana.send_json_to({"text": "oi"})
    assert "gone" in (await ana.receive_json_from())["error"]
    assert (await ana.receive_output())["code"] == 4404
