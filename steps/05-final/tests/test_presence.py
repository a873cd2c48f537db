"""Who is here, and who is typing."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.utils import timezone

from chat import limits, presence, watch
from chat.database import ask
from chat.hub import this_hub
from chat.models import Presence, ReadMark

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Send changes at once, so that no scene has to wait."""
    monkeypatch.setattr(presence, "GATHER", 0)
    monkeypatch.setattr("chat.people.TYPING_GATHER", 0)


async def here(socket, *names):
    """Wait until a page shows these people, and no others."""
    while (frame := await socket.wait_for("presence"))["people"] != list(names):
        pass
    return frame


async def kinds_until_message(socket):
    """Return the types of the frames up to the next message."""
    kinds = []
    while "message" not in kinds:
        kinds.append((await socket.next_frame())["type"])
    return kinds


async def test_everyone_sees_who_arrives_and_who_leaves(join, make_room):
    await make_room("class")
    ana = await join("class", "ana")
    await here(ana, "ana")
    bia = await join("class", "bia")
    await here(ana, "ana", "bia")
    await here(bia, "ana", "bia")
    await bia.disconnect()
    frame = await here(ana, "ana")
    assert frame["count"] == 1


async def test_a_person_with_two_tabs_counts_once_and_leaves_with_the_last(
    join, make_room
):
    await make_room("class")
    ana = await join("class", "ana")
    tabs = [await join("class", "bia")]
    await here(ana, "ana", "bia")
    tabs.append(await join("class", "bia"))
    await here(tabs[1], "ana", "bia")
    await tabs[0].disconnect()
    assert await ana.receive_nothing()
    assert await Presence.objects.acount() == 2
    await tabs[1].disconnect()
    await here(ana, "ana")


async def test_people_in_another_room_are_not_here(join, make_room):
    await make_room("class")
    await make_room("hallway")
    ana, caio = await join("class", "ana"), await join("hallway", "caio")
    await here(ana, "ana")
    await here(caio, "caio")


async def test_people_on_a_process_that_died_are_gone_after_a_minute(
    join, make_room, monkeypatch
):
    monkeypatch.setattr(watch, "CHECK_EVERY", 0.1)
    room = await make_room("class")
    long_ago = timezone.now() - timedelta(seconds=30)
    bia = await User.objects.acreate(username="júlia")
    dead = await Presence.objects.acreate(
        room=room, user=bia, process=uuid.uuid4(), seen=long_ago
    )
    ana = await join("class", "ana")
    await here(ana, "ana", "júlia")
    dead.seen = timezone.now() - timedelta(seconds=61)
    await dead.asave()
    await here(ana, "ana")
    for _ in range(2):  # the first may be of a look that had begun before
        await ana.wait_for("ping")
    assert not await Presence.objects.filter(process=dead.process).aexists()


async def test_whoever_stays_is_still_here_after_a_minute(join, make_room, monkeypatch):
    monkeypatch.setattr(watch, "CHECK_EVERY", 0.1)
    await make_room("class")
    ana = await join("class", "ana")
    await here(ana, "ana")
    before = timezone.now() - timedelta(seconds=55)
    await Presence.objects.aupdate(seen=before)
    await ana.wait_for("ping")
    await ana.wait_for("ping")
    assert (await Presence.objects.aget()).seen > before


async def test_presence_is_only_sent_when_it_changes(join, make_room):
    await make_room("class")
    ana = await join("class", "ana")
    await here(ana, "ana")
    await this_hub().watch.check_all()
    await ana.say("oi")
    assert "presence" not in await kinds_until_message(ana)


async def test_the_last_person_to_leave_leaves_no_row_behind(join, make_room):
    await make_room("class")
    ana = await join("class", "ana")
    await here(ana, "ana")
    await ana.disconnect()
    assert not await Presence.objects.aexists()


async def test_a_crowd_is_counted_and_only_some_are_named(join, make_room, monkeypatch):
    monkeypatch.setattr("chat.people.MOST_NAMES", 1)
    await make_room("class")
    ana = await join("class", "ana")
    await join("class", "bia")
    while (await here(ana, "ana"))["count"] != 2:
        pass


async def test_the_others_see_who_is_typing(join, make_room):
    await make_room("class")
    ana, bia = await join("class", "ana"), await join("class", "bia")
    await bia.send_json_to({"type": "typing"})
    assert (await ana.wait_for("typing"))["people"] == ["bia"]


async def test_typing_stays_inside_the_room(join, make_room):
    await make_room("class")
    await make_room("hallway")
    ana, caio = await join("class", "ana"), await join("hallway", "caio")
    await ana.send_json_to({"type": "typing"})
    await ana.wait_for("typing")
    await caio.say("oi")
    assert "typing" not in await kinds_until_message(caio)


async def test_typing_is_not_sent_more_often_than_needed(join, make_room, monkeypatch):
    monkeypatch.setattr(limits, "TYPING_RATE", 0.001)
    await make_room("class")
    ana, bia = await join("class", "ana"), await join("class", "bia")
    await bia.send_json_to({"type": "typing"})
    await ana.wait_for("typing")
    for _ in range(5):
        await bia.send_json_to({"type": "typing"})
    await bia.say("done")
    assert "typing" not in await kinds_until_message(ana)


async def test_people_are_shown_again_after_their_process_was_stopped_for_a_while(
    join, make_room
):
    """A laptop that was asleep: meanwhile another process has deleted our rows."""
    await make_room("class")
    ana = await join("class", "ana")
    await here(ana, "ana")
    await Presence.objects.all().adelete()
    await this_hub().watch.check_all()
    assert await Presence.objects.acount() == 1


async def test_a_server_whose_clock_is_ahead_removes_nobody(
    join, make_room, monkeypatch
):
    await make_room("class")
    ana = await join("class", "ana")
    await here(ana, "ana")
    ahead = timezone.now() + timedelta(seconds=90)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    other_server = presence.Register(lambda room_pks: None, lambda room_pk: 0)
    await other_server.refresh()
    assert await Presence.objects.acount() == 1
    await this_hub().people.show(list(this_hub().rooms))
    await ana.say("oi")
    assert "presence" not in await kinds_until_message(ana)


async def test_what_people_read_is_stored_even_if_they_came_and_left_during_a_write(
    make_room, people, monkeypatch
):
    room = await make_room("class")
    ana, bia = [(await User.objects.aget(username=name)).pk for name in ("ana", "bia")]
    is_writing, may_go_on = asyncio.Event(), asyncio.Event()

    async def ask_slowly(*question):
        is_writing.set()
        await may_go_on.wait()
        return await ask(*question)

    monkeypatch.setattr(presence, "ask", ask_slowly)
    register = presence.Register(lambda room_pks: None, lambda room_pk: 3)
    register.come(room.pk, ana)
    await is_writing.wait()
    register.come(room.pk, bia)
    register.go(room.pk, bia)
    may_go_on.set()
    while register.task:
        await register.task
    assert [mark.user_id async for mark in ReadMark.objects.all()] == [bia]


async def test_when_python_ends_no_row_is_left_behind(join, make_room):
    """Like when Daphne is asked to stop, and doesn't wait for the sockets."""
    await make_room("class")
    ana = await join("class", "ana")
    await here(ana, "ana")
    await sync_to_async(presence.forget_processes)()
    assert not await Presence.objects.aexists()
