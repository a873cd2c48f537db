"""The members of a room, and leaving it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection

from chat.models import Invite, Message, Room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(people):
    """Make a private room of Ana's, with Bia in it and a message."""
    form = {"name": "secret", "kind": "private"}
    people["ana"].post("/rooms/new/", form)
    room = Room.objects.get()
    bia = User.objects.get(username="bia")
    room.members.add(bia)
    Message.objects.create(room=room, sender=bia, seq=1, text="for us alone")
    return room


def leave(people, name, room, **form):
    """Press the button on the page that asks."""
    return people[name].post(f"/rooms/{room.pk}/leave/", form)


def members_of(room):
    return sorted(room.members.values_list("username", flat=True))


def test_a_member_sees_who_else_is_one_and_who_made_the_room(people, room):
    page = people["bia"].get(f"/rooms/{room.pk}/members/").text
    assert "Members of <bdi>secret</bdi>" in page
    assert "<bdi>bia</bdi>" in page
    made = page.split("<bdi>ana</bdi>")[1].split("</li>")[0]
    assert "(made the room)" in made
    assert f'href="/rooms/{room.pk}/leave/"' in page


@pytest.mark.parametrize("page", ["members", "leave"])
def test_a_stranger_learns_nothing_about_a_room(people, room, page):
    assert people["caio"].get(f"/rooms/{room.pk}/{page}/").status_code == 404
    assert people["caio"].post(f"/rooms/{room.pk}/{page}/").status_code == 404
    Room.objects.update(kind="password")
    assert people["caio"].get(f"/rooms/{room.pk}/{page}/").status_code == 404


def test_a_room_that_is_open_to_all_has_no_members_to_list(people):
    people["ana"].post("/rooms/new/", {"name": "class", "kind": "open"})
    pk = Room.objects.get().pk
    assert people["ana"].get(f"/rooms/{pk}/members/").status_code == 404
    assert "/members/" not in people["ana"].get("/chat/class/").text


def test_the_page_of_a_room_leads_to_its_members(people, room):
    page = people["ana"].get(room.get_absolute_url()).text
    assert f'href="/rooms/{room.pk}/members/"' in page


@pytest.mark.parametrize(
    ("kind", "back"),
    [
        ("private", "you will need a new invitation"),
        ("two", "you will need a new invitation"),
        ("password", "you will need the password"),
    ],
)
def test_leaving_is_asked_first_with_what_it_means(people, room, kind, back):
    Room.objects.update(kind=kind)
    assert back in people["bia"].get(f"/rooms/{room.pk}/leave/").text
    assert members_of(room) == ["ana", "bia"]
    assert leave(people, "bia", room)["Location"] == "/chat/"
    assert members_of(room) == ["ana"]


def test_a_private_room_is_gone_from_the_lobby_of_a_person_who_left(people, room):
    leave(people, "bia", room)
    assert "secret" not in people["bia"].get("/chat/").text
    assert people["bia"].get(room.get_absolute_url()).status_code == 404
    assert "secret" in people["ana"].get("/chat/").text


async def test_leaving_closes_the_sockets_of_that_person_alone(join, people, room):
    sockets = [await join(room.slug, name) for name in ("bia", "bia", "ana")]
    for socket in sockets:
        await socket.receive_json_from()
    await sync_to_async(leave)(people, "bia", room)
    for socket in sockets[:2]:
        assert await socket.is_closed_with() == 4403
    assert await sockets[2].receive_nothing()


def test_the_last_member_is_told_that_the_room_will_be_deleted(people, room):
    leave(people, "bia", room)
    page = people["ana"].get(f"/rooms/{room.pk}/leave/").text
    assert "You are the last member" in page
    leave(people, "ana", room, end="yes")
    assert not Room.objects.exists()
    assert not Message.objects.exists()


def test_no_one_deletes_a_room_without_knowing_it(people, room):
    """Ana's page says that she may come back; then Bia leaves before her."""
    assert "new invitation" in people["ana"].get(f"/rooms/{room.pk}/leave/").text
    leave(people, "bia", room)
    assert "You are the last member" in leave(people, "ana", room).text
    assert members_of(room) == ["ana"]


def test_a_room_with_a_password_stays_when_its_last_member_leaves(people):
    form = {"name": "sala", "kind": "password", "password": "sésamo"}
    people["ana"].post("/rooms/new/", form)
    room = Room.objects.get()
    leave(people, "ana", room, end="yes")
    people["bia"].post(f"/rooms/{room.pk}/enter/", {"password": "sésamo"})
    assert members_of(room) == ["bia"]


def test_an_invitation_ends_with_the_room(people, room):
    leave(people, "bia", room)
    token = Invite.make(room, User.objects.get(username="ana"))
    leave(people, "ana", room, end="yes")
    page = people["caio"].post("/invite/", {"token": token})
    assert page.status_code == 200
    assert "no longer valid" in page.text


def test_when_the_last_two_leave_at_once_the_room_is_not_left_behind(people, room):
    def press(name):
        try:
            return leave(people, name, room, end="yes").status_code
        finally:
            connection.close()  # each thread has its own

    with ThreadPoolExecutor() as threads:
        assert list(threads.map(press, ["ana", "bia"])) == [302, 302]
    assert not Room.objects.exists()


def test_a_double_click_on_leave_is_no_error(people, room):
    leave(people, "bia", room)
    assert leave(people, "bia", room).status_code == 404
    assert Room.leave(room.pk + 1, User.objects.get(username="ana"), may_end=True)
