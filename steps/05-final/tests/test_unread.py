"""What is new in each room since a person left it, as the lobby shows it."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from chat.models import Message, Presence, ReadMark, Room
from chat.unread import note_read, unread_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(people):
    """Make a room in which Bia has said five things."""
    room = Room.objects.create(name="class", last_seq=5)
    bia = User.objects.get(username="bia")
    Message.objects.bulk_create(
        Message(room=room, sender=bia, seq=seq, text=f"message {seq}")
        for seq in range(1, 6)
    )
    return room


@pytest.fixture
def ana(people):
    """Return Ana's account."""
    return User.objects.get(username="ana")


def lobby_of(browser):
    """Return the words on the page of the lobby."""
    return " ".join(strip_tags(browser.get("/chat/").text).split())


def test_the_lobby_shows_how_many_messages_are_new(people, room, ana):
    note_read([(room.pk, ana.pk, 2)])
    assert "class 3 new" in lobby_of(people["ana"])
    page = people["ana"].get("/chat/").text
    # A screen reader says it with the link, too.
    assert f'aria-describedby="new-{room.pk}"' in page
    assert f'id="new-{room.pk}"' in page


def test_nothing_is_new_to_a_person_who_has_read_everything(people, room, ana):
    note_read([(room.pk, ana.pk, 5)])
    assert " new " not in lobby_of(people["ana"]).replace("make a new room", "")
    assert unread_for(ana, [room]) == {}


def test_in_a_room_that_a_person_has_never_visited_nothing_is_new(people, room, ana):
    assert unread_for(ana, [room]) == {}


def test_in_a_room_that_is_open_in_another_window_nothing_is_new(people, room, ana):
    note_read([(room.pk, ana.pk, 2)])
    Presence.objects.create(room=room, user=ana, process=uuid.uuid4())
    assert "3 new" not in lobby_of(people["ana"])


def test_in_a_room_that_is_no_longer_open_to_a_person_nothing_is_new(people, room, ana):
    note_read([(room.pk, ana.pk, 2)])
    Room.objects.update(kind=Room.Kind.PASSWORD)
    assert "3 new" not in lobby_of(people["ana"])


def test_what_others_have_read_is_still_new_to_me(people, room, ana):
    note_read([(room.pk, ana.pk, 2), (room.pk, User.objects.get(username="bia").pk, 5)])
    assert unread_for(ana, [room]) == {room.pk: 3}


def test_deleted_messages_are_not_counted(people, room, ana):
    note_read([(room.pk, ana.pk, 2)])
    Message.objects.filter(seq__in=[3, 4]).delete()
    assert unread_for(ana, [room]) == {room.pk: 1}


@pytest.mark.parametrize(("count", "shown"), [(99, "99 new"), (100, "99+ new")])
def test_more_than_99_are_not_counted(people, room, ana, count, shown):
    Message.objects.bulk_create(
        Message(room=room, sender=ana, seq=seq, text="olá") for seq in range(6, 301)
    )
    Room.objects.update(last_seq=300)
    note_read([(room.pk, ana.pk, 300 - count)])
    assert shown in lobby_of(people["ana"])
    note_read([(room.pk, User.objects.get(username="bia").pk, 0)])
    assert unread_for(User.objects.get(username="bia"), [room]) == {room.pk: 100}


def test_a_person_who_comes_back_and_reads_on_has_read_more(room, ana):
    for seq in (2, 4):
        note_read([(room.pk, ana.pk, seq)])
    assert unread_for(ana, [room]) == {room.pk: 1}


def test_a_window_that_was_left_behind_takes_nothing_back(room, ana):
    note_read([(room.pk, ana.pk, 4)])
    note_read([(room.pk, ana.pk, 2)])
    assert ReadMark.objects.get().seq == 4


def test_of_two_places_of_one_person_the_furthest_counts(room, ana):
    note_read([(room.pk, ana.pk, 4), (room.pk, ana.pk, 2)])
    assert ReadMark.objects.get().seq == 4


def test_after_the_history_started_over_nothing_is_new_and_counting_goes_on(room, ana):
    """A restored backup has fewer messages than people have read."""
    note_read([(room.pk, ana.pk, 5)])
    Message.objects.filter(seq__gt=2).delete()
    Room.objects.update(last_seq=2)
    assert unread_for(ana, [room]) == {}
    note_read([(room.pk, ana.pk, 1)])
    assert unread_for(ana, [room]) == {room.pk: 1}


def test_deleted_rooms_and_people_are_ignored(room, ana):
    note_read([(room.pk + 1, ana.pk, 3), (room.pk, ana.pk + 100, 3)])
    note_read([(room.pk, ana.pk, 3), (room.pk + 1, ana.pk, 3)])
    assert [mark.seq for mark in ReadMark.objects.all()] == [3]


def test_any_number_of_people_take_one_query(room, ana):
    people = [User.objects.create_user(f"student{number}") for number in range(200)]
    with CaptureQueriesContext(connection) as queries:
        note_read((room.pk, person.pk, 3) for person in people)
        note_read([])
    assert len(queries) == 1
    assert ReadMark.objects.count() == 200


def test_many_rooms_take_the_lobby_no_more_queries_than_one(people, room, ana):
    def count():
        with CaptureQueriesContext(connection) as queries:
            people["ana"].get("/chat/")
        return len(queries)

    note_read([(room.pk, ana.pk, 2)])
    one = count()
    for number in range(20):
        another = Room.objects.create(name=f"room {number}", last_seq=1)
        Message.objects.create(room=another, sender=ana, seq=1, text="olá")
        note_read([(another.pk, ana.pk, 0)])
    assert "1 new" in lobby_of(people["ana"])
    assert count() == one


def test_the_lobby_shows_the_last_message_to_those_who_may_enter(people, room):
    assert "bia: message 5" in lobby_of(people["ana"])
    Room.objects.update(kind=Room.Kind.PASSWORD)
    assert "message 5" not in lobby_of(people["ana"])


def test_a_long_last_message_is_cut(people, room):
    Message.objects.filter(seq=5).update(text="a" * 2000)
    assert "a" * 79 + "…" in lobby_of(people["ana"])
    assert "a" * 80 not in lobby_of(people["ana"])


async def test_what_is_said_after_a_person_has_left_is_new(
    join, make_room, people, monkeypatch
):
    monkeypatch.setattr("chat.presence.GATHER", 0)
    await make_room("class")
    ana, bia = await join("class", "ana"), await join("class", "bia")
    await bia.say("while Ana is here")
    await ana.hear(1)
    await ana.disconnect()
    while (await bia.wait_for("presence"))["people"] != ["bia"]:
        pass
    for text in ("later", "even later"):
        await bia.say(text)
    assert await bia.hear(2) == ["later", "even later"]
    assert "class 2 new" in await sync_to_async(lobby_of)(people["ana"])
    # Bia is in the room, so nothing in it is new to her.
    assert (
        "new"
        not in (await sync_to_async(lobby_of)(people["bia"])).partition("class")[2]
    )
