"""The past changes: a backup is restored, an account deleted, a room saved by the admin."""

import asyncio
import uuid
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.db import IntegrityError

from chat import history, storing
from chat.groups import group_name
from chat.hub import this_hub
from chat.models import Message, Room
from tests.sockets import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


async def enter(join, room="class", name="ana", **query):
    """Enter a room; return the socket and what the page shows first."""
    socket = await join(room, name, **query)
    return socket, await socket.wait_for("sync")


def texts(sync):
    return [message["text"] for message in sync["messages"]]


async def say_ten(store, room):
    """Store ten messages, from 1 to 10."""
    for number in range(1, 11):
        await sync_to_async(store)(room, "bia", str(number))


def restore(room, last, **changes):
    """Set a room back, like a backup made after message `last`."""
    Message.objects.filter(room=room, seq__gt=last).delete()
    Room.objects.filter(pk=room.pk).update(last_seq=last, **changes)


# ---- Saving a room ----------------------------------------------------------------


def test_a_room_saved_from_an_old_form_keeps_its_place(store):
    room = Room.objects.create(name="class")
    stale = Room.objects.get(pk=room.pk)
    store(room, "ana", "one")
    stale.name = "new name"
    stale.save()
    assert store(room, "bia", "two").message.seq == 2
    assert Room.objects.get().name == "new name"


async def test_people_keep_talking_while_a_teacher_keeps_saving_the_room(
    join, make_room
):
    room = await make_room("class")
    people = [(await enter(join, name=name))[0] for name in ("ana", "bia", "caio")]
    for _ in range(8):
        stale = await Room.objects.aget(pk=room.pk)
        for person in people:
            await person.say("oi")
        await people[0].hear(3)
        await stale.asave()
    assert (await Room.objects.aget()).last_seq == await Message.objects.acount() == 24


async def test_a_room_whose_number_is_behind_its_messages_recovers(
    join, make_room, store
):
    room = await make_room("class")
    for text in ("one", "two", "three"):
        await sync_to_async(store)(room, "bia", text)
    await Room.objects.filter(pk=room.pk).aupdate(last_seq=1)
    ana, sync = await enter(join)
    assert texts(sync) == ["one", "two", "three"]
    await ana.say("four")
    assert await ana.hear() == ["four"]
    assert (await Room.objects.aget()).last_seq == 4


# ---- A backup is restored -----------------------------------------------------------


async def test_after_a_restore_every_page_shows_what_the_backup_holds(
    join, make_room, store
):
    room = await make_room("class")
    await say_ten(store, room)
    ana, _ = await enter(join)
    await sync_to_async(restore)(room, 5, epoch=uuid.uuid4())
    draft = await sync_to_async(store)(room, "bia", "new 6")
    (batch,) = storing.batches_of([draft])
    await get_channel_layer().group_send(group_name(room.pk), batch.as_event())
    sync = await ana.wait_for("sync")
    assert sync["reset"] is True
    assert texts(sync) == ["1", "2", "3", "4", "5", "new 6"]
    await ana.say("new 7")
    assert await ana.hear() == ["new 7"]
    _, sync = await enter(join, name="caio")
    assert texts(sync)[-2:] == ["new 6", "new 7"]


async def test_a_message_right_after_a_restore_reaches_the_room(join, make_room, store):
    room = await make_room("class")
    await say_ten(store, room)
    ana, _ = await enter(join)
    await sync_to_async(restore)(room, 5, epoch=uuid.uuid4())
    await ana.say("new 6")
    assert texts(await ana.wait_for("sync")) == ["1", "2", "3", "4", "5", "new 6"]


async def test_a_page_from_before_the_restore_starts_over(join, make_room, store):
    room = await make_room("class")
    await say_ten(store, room)
    ana, sync = await enter(join)
    await ana.disconnect()
    await sync_to_async(restore)(room, 5, epoch=uuid.uuid4())
    for number in range(6, 12):
        await sync_to_async(store)(room, "bia", f"new {number}")
    ana, sync = await enter(join, after=10, epoch=sync["epoch"])
    assert sync["reset"] is True
    assert texts(sync)[4:] == ["5", *(f"new {number}" for number in range(6, 12))]


async def test_a_database_set_back_by_hand_is_noticed(join, make_room, store, often):
    """Without our command, so the epoch stays the same."""
    room = await make_room("class")
    await say_ten(store, room)
    ana, before = await enter(join)
    await sync_to_async(restore)(room, 5)
    sync = await ana.wait_for("sync")
    while sync["epoch"] == before["epoch"] or len(sync["messages"]) > 5:
        sync = await ana.wait_for("sync")
    assert texts(sync) == ["1", "2", "3", "4", "5"]
    await ana.say("new 6")
    assert await ana.hear() == ["new 6"]


async def test_an_event_beyond_the_database_does_not_stop_the_room(join, make_room):
    room = await make_room("class")
    ana, _ = await enter(join)
    hub = this_hub()
    hub.receive(history.Batch(room.pk, room.epoch, 10**6, []).as_event())
    await asyncio.wait([hub.rooms[room.pk].repairing])
    await ana.say("oi")
    assert await ana.hear() == ["oi"]


# ---- Deletions ------------------------------------------------------------------------


async def test_messages_of_a_deleted_account_leave_every_page(join, make_room, store):
    room = await make_room("class")
    await sync_to_async(store)(room, "ana", "mine")
    await sync_to_async(store)(room, "bia", "private")
    ana, _ = await enter(join)
    await User.objects.filter(username="bia").adelete()
    sync = await ana.wait_for("sync")
    assert (sync["reset"], texts(sync)) == (True, ["mine"])
    _, sync = await enter(join, name="caio")
    assert texts(sync) == ["mine"]
    await ana.say("next")
    assert await ana.hear() == ["next"]


async def test_a_deleted_message_leaves_every_page(join, make_room, store):
    room = await make_room("class")
    drafts = [await sync_to_async(store)(room, "bia", text) for text in ("1", "2")]
    ana, _ = await enter(join)
    await drafts[0].message.adelete()
    assert texts(await ana.wait_for("sync")) == ["2"]


async def test_messages_deleted_together_are_published_once_for_each_room(
    join, make_room, store, django_capture_on_commit_callbacks
):
    room = await make_room("class")
    for _ in range(20):
        await sync_to_async(store)(room, "bia", "spam")

    def delete():
        with django_capture_on_commit_callbacks() as callbacks:
            Message.objects.filter(text="spam").delete()
        return callbacks

    assert len(await sync_to_async(delete)()) <= 1


async def test_a_message_that_was_rolled_back_is_not_published(
    join, make_room, monkeypatch, people
):
    """Bia's account is deleted between what a transaction reads and its commit."""
    await make_room("class")
    ana, _ = await enter(join)
    bia, _ = await enter(join, name="bia")
    store, deleted = storing.store, []

    def store_too_late(drafts):
        if not deleted and any(draft.text == "ghost" for draft in drafts):
            with suppress(Rollback), storing.transaction.atomic():
                store(drafts)
                raise Rollback
            deleted.append(User.objects.filter(username="bia").delete())
            raise IntegrityError("no such account")
        store(drafts)

    class Rollback(Exception):
        pass

    monkeypatch.setattr(storing, "store", store_too_late)
    await bia.say("ghost")
    assert await bia.is_closed_with() == 4401
    await ana.say("real")
    frame = await ana.receive_json_from()
    while frame["type"] == "sync":  # the history without Bia
        assert "ghost" not in texts(frame)
        frame = await ana.receive_json_from()
    assert (frame["text"], frame["seq"]) == ("real", 1)


# ---- Other names -----------------------------------------------------------------------


async def test_a_page_finds_its_room_after_it_was_renamed(join, make_room, store):
    room = await make_room("class")
    ana, sync = await enter(join)
    await ana.disconnect()
    room.name = "school"
    await room.asave()
    await sync_to_async(store)(room, "bia", "oi")
    ana, sync = await enter(join, after=0, epoch=sync["epoch"])
    assert texts(sync) == ["oi"]


async def test_a_new_room_under_an_old_name_is_another_room(join, make_room, store):
    old = await make_room("class")
    _, sync = await enter(join)
    await old.adelete()
    new = await make_room("class")
    await sync_to_async(store)(new, "bia", "oi")
    _, sync = await enter(join, after=0, epoch=sync["epoch"])
    assert (sync["reset"], texts(sync)) == (True, ["oi"])


async def test_somebody_with_a_new_name_types_under_it(join, make_room, monkeypatch):
    monkeypatch.setattr("chat.people.TYPING_GATHER", 0)
    await make_room("class")
    ana, _ = await enter(join)
    bia, _ = await enter(join, name="bia")
    user = await User.objects.aget(username="bia")
    user.username = "beatriz"
    await user.asave()
    while (await ana.wait_for("presence"))["people"] != ["ana", "beatriz"]:
        await this_hub().watch.check_all()
    # The list comes from the database, so it may be ahead of Bia's socket.
    await this_hub().watch.check_all()
    await bia.send_json_to({"type": "typing"})
    assert (await ana.wait_for("typing"))["people"] == ["beatriz"]


async def test_messages_of_a_renamed_person_show_the_new_name(join, make_room, often):
    """Otherwise a person who takes the old name would seem to have said it all."""
    await make_room("class")
    ana, bia = [await join("class", name) for name in ("ana", "bia")]
    await ana.say("it was me")
    await bia.hear()
    await ana.disconnect()
    user = await User.objects.aget(username="ana")
    user.username = "júlia"
    await user.asave()
    (room,) = this_hub().rooms.values()
    async with asyncio.timeout(PATIENCE):
        while room.recent[0].sender == "ana":
            await bia.wait_for("ping")
    caio = await join("class", "caio")
    sync = await caio.wait_for("sync")
    assert [message["sender"] for message in sync["messages"]] == ["júlia"]


# ---- What comes in the meantime -------------------------------------------------------


@pytest.mark.parametrize("read", ["newest_in", "following"])
async def test_a_message_stored_while_a_history_is_read_is_not_lost(
    join, make_room, store, monkeypatch, read
):
    """The event arrives before the read that missed its message has returned."""
    room = await make_room("class")
    ana, _ = await enter(join)
    hub, loop = this_hub(), asyncio.get_running_loop()
    reader, late = getattr(history, read), []

    def read_then_store(*place):
        found = reader(*place)
        if not late:
            late.append(store(room, "bia", "late"))
            (batch,) = storing.batches_of(late)
            asyncio.run_coroutine_threadsafe(hear(batch), loop).result()
        return found

    async def hear(batch):
        hub.receive(batch.as_event())

    monkeypatch.setattr(history, read, read_then_store)
    # One event of another history, one of a message that is not there.
    epoch = uuid.uuid4() if read == "newest_in" else room.epoch
    hub.receive(history.Batch(room.pk, epoch, 10**6, []).as_event())
    assert await ana.hear() == ["late"]
