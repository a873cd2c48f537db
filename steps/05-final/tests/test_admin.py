"""The admin, used while people chat and while somebody else uses it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from chat.models import Message, Room
from tests.admin_pages import members_of, page_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_saving_a_room_in_the_admin_does_not_stop_its_chat(
    join, make_room, teacher
):
    room = await make_room("class")
    ana = await join("class", "ana")
    await ana.receive_json_from()
    for number in range(5):
        page = await sync_to_async(page_of)(teacher, room)
        await ana.say(f"while the page is open {number}")
        await ana.hear()
        answer = await sync_to_async(page.save)()
        assert "was changed successfully" in answer.text
    await ana.say("after it")
    assert await ana.hear() == ["after it"]
    assert (await Room.objects.aget()).last_seq == 6


def test_saving_an_old_page_of_a_room_restores_nothing(people, teacher):
    room = Room.objects.create(name="class")
    page = page_of(teacher, room)
    Room.objects.update(name="class 1", kind="password", password_hash="a hash")
    answer = page.save()
    assert "was changed successfully" in answer.text
    room.refresh_from_db()
    assert (room.name, room.kind, room.password_hash) == (
        "class 1",
        "password",
        "a hash",
    )


def test_saving_an_old_page_of_a_room_writes_only_what_was_changed_on_it(
    people, teacher
):
    room = Room.objects.create(name="class")
    page = page_of(teacher, room)
    Room.objects.update(kind="private")
    page.save(name="class 1")
    room.refresh_from_db()
    assert (room.name, room.kind) == ("class 1", "private")


def test_saving_an_old_page_of_a_room_keeps_members_who_have_joined_since(
    people, teacher
):
    room = Room.objects.create(name="secret", kind="private")
    ana, bia, caio = User.objects.filter(username__in=people).order_by("username")
    room.members.set([ana, bia])
    page = page_of(teacher, room)
    room.members.add(caio)
    page.save()
    assert members_of(room) == ["ana", "bia", "caio"]
    # Bia is taken out on the page; Caio is not on it.
    page.save(members=[ana.pk])
    assert members_of(room) == ["ana", "caio"]


def test_saving_an_old_page_of_a_room_brings_no_removed_member_back(people, teacher):
    room = Room.objects.create(name="secret", kind="private")
    ana, bia, caio = User.objects.filter(username__in=people).order_by("username")
    room.members.set([ana, bia])
    page = page_of(teacher, room)
    room.members.remove(bia)
    page.save(members=[ana.pk, bia.pk, caio.pk])
    assert members_of(room) == ["ana", "caio"]


def test_a_deleted_room_stays_deleted_when_its_page_is_saved(people, teacher):
    room = Room.objects.create(name="class")
    page = page_of(teacher, room)
    Room.objects.all().delete()
    answer = page.save()
    assert "Perhaps it was deleted?" in answer.text
    assert not Room.objects.exists()


async def test_a_member_who_is_removed_in_the_admin_loses_the_socket(
    join, people, teacher
):
    room = await Room.objects.acreate(name="secret", kind="private")
    ana, bia = [user async for user in User.objects.filter(username__in=["ana", "bia"])]
    await room.members.aset([ana, bia])
    socket = await join(room.slug, "bia")
    await socket.receive_json_from()
    page = await sync_to_async(page_of)(teacher, room)
    await sync_to_async(page.save)(members=[ana.pk])
    assert await socket.is_closed_with() == 4403


def test_saving_an_old_page_of_a_person_lifts_no_ban(people, teacher):
    group = Group.objects.create(name="helpers")
    ana = User.objects.get(username="ana")
    page = page_of(teacher, ana)
    User.objects.filter(pk=ana.pk).update(is_active=False, password="another")
    ana.groups.add(group)
    answer = page.save(email="ana@example.org")
    assert "was changed successfully" in answer.text
    ana.refresh_from_db()
    assert not ana.is_active
    assert ana.password == "another"
    assert ana.email == "ana@example.org"
    assert list(ana.groups.all()) == [group]


def test_the_page_of_a_person_shows_no_hash(people, teacher):
    ana = User.objects.get(username="ana")
    ana.set_password("let-me-chat")
    ana.save()
    text = teacher.get(f"/admin/auth/user/{ana.pk}/change/").text
    assert ana.password not in text
    assert ana.password.split("$")[-1] not in text


def test_an_open_room_that_takes_a_listed_name_in_the_admin_says_why(people, teacher):
    Room.objects.create(name="class")
    room = Room.objects.create(name="class", kind="private")
    assert "already exists" in page_of(teacher, room).save(kind="open").text
    room.refresh_from_db()
    assert room.kind == "private"


@pytest.mark.parametrize("model", ["user", "room"])
@pytest.mark.parametrize("way", ["its page", "the action"])
def test_the_page_that_asks_before_deleting_shows_no_messages(
    people, teacher, model, way
):
    room = Room.objects.create(name="class")
    ana = User.objects.get(username="ana")
    Message.objects.bulk_create(
        Message(room=room, sender=ana, seq=seq, text="very private")
        for seq in range(500)
    )
    place, one = {"user": ("auth/user", ana), "room": ("chat/room", room)}[model]
    if way == "its page":
        page = teacher.get(f"/admin/{place}/{one.pk}/delete/")
    else:
        chosen = {"action": "delete_selected", "_selected_action": [one.pk]}
        page = teacher.post(f"/admin/{place}/", chosen)
    assert "very private" not in page.text
    assert len(page.text) < 20_000
    assert "messages" in page.text.lower()
    assert "500" in page.text
    confirmed = {"post": "yes"}
    if way == "the action":
        confirmed |= chosen
    teacher.post(page.request["PATH_INFO"], confirmed)
    assert not Message.objects.exists()


@pytest.mark.parametrize("one", ["room", "person"])
def test_a_double_click_on_add_makes_one_and_is_no_500(teacher, one):
    page, form, made = {
        "room": (
            "/admin/chat/room/add/",
            {"name": "sala", "kind": "open"},
            Room.objects.filter(name="sala"),
        ),
        "person": (
            "/admin/auth/user/add/",
            {
                "username": "júlia",
                "password1": "correct-horse",
                "password2": "correct-horse",
                "usable_password": "true",
            },
            User.objects.filter(username="júlia"),
        ),
    }[one]

    def add(browser):
        try:
            return browser.post(page, form).status_code
        finally:
            connection.close()  # each thread has its own

    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        browser.cookies = teacher.cookies.copy()
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(add, browsers)) <= {200, 302}
    assert made.count() == 1
