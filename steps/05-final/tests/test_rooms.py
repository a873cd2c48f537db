"""Who may enter which room, on its page and on its socket."""

import re
from urllib.parse import unquote

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from chat.models import Message, Room

pytestmark = pytest.mark.django_db(transaction=True)


def make(browser, name, kind="open", password=""):
    form = {"name": name, "kind": kind, "password": password}
    return browser.post("/rooms/new/", form)


def test_a_person_makes_a_room_from_the_lobby_and_is_in_it(people):
    assert make(people["ana"], "  café   com leite ")["Location"] == (
        "/chat/caf%C3%A9%20com%20leite/"
    )
    assert "café com leite" in people["bia"].get("/chat/").text


@pytest.mark.parametrize(
    ("name", "kind", "password", "reason"),
    [
        ("", "open", "", "required"),
        ("..", "open", "", "parts from a URL"),
        ("a/../b", "open", "", "parts from a URL"),
        ("a//b", "open", "", "parts from a URL"),
        ("a/", "open", "", "parts from a URL"),
        ("a\u200bb", "open", "", "invisible"),
        ("a\u202etxt.exe", "open", "", "invisible"),
        ("\u3164", "open", "", "invisible"),
        ("class", "open", "", "already exists"),
        ("a" * 101, "open", "", "at most 100"),
        ("sala", "password", "", "needs one"),
        ("sala", "password", "abc", "at least 4"),
        ("sala", "secret", "", "not one of the available choices"),
    ],
)
def test_an_invalid_room_says_why(people, name, kind, password, reason):
    Room.objects.create(name="class")
    page = make(people["ana"], name, kind, password)
    assert page.status_code == 200
    assert reason in page.text


def test_a_room_with_a_password_opens_to_people_who_know_it(people):
    make(people["ana"], "sala", "password", "sésamo")
    enter = people["bia"].get("/chat/sala/")["Location"]
    assert "is not the password" in people["bia"].post(enter, {"password": "no"}).text
    assert people["bia"].get("/chat/sala/").status_code == 302
    people["bia"].post(enter, {"password": "sésamo"})
    assert people["bia"].get("/chat/sala/").status_code == 200


def test_the_password_of_a_room_is_stored_as_a_hash(people):
    make(people["ana"], "sala", "password", "sésamo")
    assert "sésamo" not in Room.objects.get().password_hash
    assert Room.objects.get().is_password("sésamo")


async def test_the_password_is_asked_for_on_the_socket_too(join, people):
    await sync_to_async(make)(people["ana"], "sala", "password", "sésamo")
    bia = await join("sala", "bia")
    assert await bia.refused() == ["not_found"]
    assert await bia.is_closed_with() == 4404
    enter = f"/rooms/{(await Room.objects.aget()).pk}/enter/"
    await sync_to_async(people["bia"].post)(enter, {"password": "sésamo"})
    again = await join("sala", "bia")
    assert (await again.receive_json_from())["type"] == "sync"


@pytest.mark.parametrize("kind", ["private", "two"])
def test_a_private_room_does_not_exist_for_others(people, kind):
    make(people["ana"], "secret", kind)
    assert "secret" in people["ana"].get("/chat/").text
    assert "secret" not in people["bia"].get("/chat/").text
    room = Room.objects.get()
    assert people["bia"].get("/chat/secret/").status_code == 404
    assert people["bia"].get(room.get_absolute_url()).status_code == 404
    pk = room.pk
    assert people["bia"].get(f"/rooms/{pk}/enter/").status_code == 404
    assert people["bia"].post(f"/rooms/{pk}/invite/").status_code == 404


async def test_a_socket_does_not_reveal_whether_a_room_is_private_or_absent(
    join, make_room, people
):
    await sync_to_async(make)(people["ana"], "secret", "private")
    room = await Room.objects.aget()
    for name in (room.slug, "secret", "absent"):
        bia = await join(name, "bia")
        error = (await bia.receive_json_from())["error"]
        assert error == f"There is no room “{name}” for you."
        assert (await bia.receive_output())["code"] == 4404


@pytest.fixture
async def in_secret(join, people):
    """Let Ana and Bia sit in a private room; return its sockets and the room."""
    await sync_to_async(make)(people["ana"], "secret", "private")
    room = await Room.objects.aget()
    await room.members.aadd(await User.objects.aget(username="bia"))
    sockets = [await join(room.slug, name) for name in ("ana", "bia")]
    for socket in sockets:
        await socket.receive_json_from()
    return *sockets, room


@pytest.mark.parametrize("way", ["from the room", "from the person"])
async def test_losing_a_room_closes_the_socket(in_secret, way):
    ana, bia, room = in_secret
    user = await User.objects.aget(username="ana")
    if way == "from the room":
        await room.members.aremove(user)
    else:
        await user.room_set.aremove(room)
    assert await ana.refused() == ["forbidden"]
    assert await ana.is_closed_with() == 4403
    assert await bia.receive_nothing()


async def test_removing_all_members_closes_all_sockets(in_secret):
    ana, bia, room = in_secret
    await room.members.aclear()
    for socket in (ana, bia):
        assert await socket.is_closed_with() == 4403


async def test_removing_a_person_from_every_room_closes_their_socket(in_secret):
    ana, bia, _ = in_secret
    await (await User.objects.aget(username="ana")).room_set.aclear()
    assert await ana.is_closed_with() == 4403
    assert await bia.receive_nothing()


async def test_a_room_that_becomes_private_closes_the_sockets_of_strangers(
    join, make_room
):
    room = await make_room("class")
    ana = await join("class", "ana")
    await ana.receive_json_from()
    room.kind = Room.Kind.PRIVATE
    await room.asave()
    assert await ana.is_closed_with() == 4403


async def test_a_message_is_refused_when_the_layer_has_lost_that_the_sender_lost_the_room(
    in_secret,
):
    ana, bia, room = in_secret
    # Past the signals: as if the layer had lost the news.
    await Room.members.through.objects.filter(user__username="ana").adelete()
    await ana.say("one more")
    assert await ana.is_closed_with() == 4403
    assert await bia.receive_nothing()
    assert not await Message.objects.aexists()


async def test_the_page_of_a_private_room_connects_to_that_room_and_no_other(
    join, make_room, people
):
    """A private room may share its name with an open one, where strangers listen."""
    await make_room("plans")
    listener = await join("plans", "caio")
    await listener.receive_json_from()
    secret = await Room.objects.acreate(name="plans", kind="private")
    await secret.members.aadd(await User.objects.aget(username="ana"))
    page = await sync_to_async(people["ana"].get)(secret.get_absolute_url())
    address = re.search('data-socket="([^"]+)"', page.text)[1]
    ana = await join(unquote(address.removeprefix("/ws/chat/")[:-1]), "ana")
    assert (await ana.receive_json_from())["type"] == "sync"
    await ana.say("for us alone")
    assert await ana.hear() == ["for us alone"]
    assert await listener.receive_nothing()


async def test_the_page_of_a_renamed_room_keeps_its_socket(join, make_room, people):
    room = await make_room("class 1")
    room.name = "class 2"
    await room.asave()
    page = await sync_to_async(people["ana"].get)("/chat/class%201/")
    address = re.search('data-socket="([^"]+)"', page.text)[1]
    ana = await join(unquote(address.removeprefix("/ws/chat/")[:-1]), "ana")
    assert (await ana.receive_json_from())["type"] == "sync"
