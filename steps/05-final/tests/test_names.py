"""Names of rooms and people: which are free, and which could pass for another."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client

from chat.models import Room

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "correct-horse-battery"


def make(browser, name, kind="open", password=""):
    """Make a room from the lobby; return where the answer leads, or the page."""
    form = {"name": name, "kind": kind, "password": password}
    answer = browser.post("/rooms/new/", form)
    return answer.get("Location") or answer.text


@pytest.mark.parametrize("hers", ["private", "two"])
@pytest.mark.parametrize("his", ["open", "private", "two"])
def test_making_a_room_reveals_no_private_room_of_that_name(people, hers, his):
    make(people["ana"], "plans", hers)
    assert make(people["bia"], "plans", his).startswith("/chat/plans")
    assert Room.objects.filter(name="plans").count() == 2
    for name in ("ana", "bia"):
        room = Room.objects.get(members__username=name)
        assert people[name].get(room.get_absolute_url()).status_code == 200


def test_a_private_room_has_a_url_that_is_hard_to_guess(people):
    first = make(people["ana"], "plans", "private")
    second = make(people["bia"], "plans", "private")
    assert first != second
    assert len(first) == len("/chat/plans-12345678/")
    assert make(people["caio"], "plans") == "/chat/plans/"


@pytest.mark.parametrize("kind", ["open", "password"])
def test_a_name_that_everyone_sees_is_taken(people, kind):
    make(people["ana"], "class", kind, "sésamo")
    assert "already exists" in make(people["bia"], "class")


def test_a_person_does_not_make_two_rooms_of_one_name(people):
    make(people["ana"], "plans", "private")
    assert "already exists" in make(people["ana"], "plans", "private")
    assert "already exists" in make(people["ana"], "plans", "open")


def test_the_lobby_leads_to_her_private_room_by_its_name(people):
    url = make(people["ana"], "plans", "private")
    make(people["bia"], "plans", "private")
    assert people["ana"].get("/chat/", {"room": "plans"})["Location"] == url
    assert "There is no room" in people["caio"].get("/chat/", {"room": "plans"}).text


def test_the_lobby_lists_several_rooms_of_one_name(people):
    ana = User.objects.get(username="ana")
    Room.objects.create(name="other")
    urls = [make(people[name], "plans", "private") for name in ("ana", "bia")]
    for room in Room.objects.filter(name="plans"):
        room.members.add(ana)
    page = people["ana"].get("/chat/", {"room": "plans"}).text
    for url in urls:
        assert f'href="{url}"' in page
    assert "other" not in page


def test_a_renamed_room_keeps_its_url(people):
    make(people["ana"], "class")
    room = Room.objects.get()
    room.name = "class 1"
    room.save()
    page = people["bia"].get("/chat/class/").text
    assert "<bdi>class 1</bdi>" in page
    # The old name is free, and its room has another URL.
    assert make(people["bia"], "class").startswith("/chat/class-")


async def test_messages_of_a_private_room_carry_its_name_and_not_its_url(join, people):
    url = await sync_to_async(make)(people["ana"], "plans", "private")
    ana = await join(url.removeprefix("/chat/").rstrip("/"), "ana")
    await ana.receive_json_from()
    await ana.say("olá")
    assert (await ana.receive_json_from())["room"] == "plans"


@pytest.mark.parametrize(
    "name",
    [
        "\u0430na",  # а is Cyrillic
        "an\u03b1",  # α is Greek
        "J\u043e\u0440\u0435",  # all but the J are Cyrillic
        "an\u3164a",  # an invisible letter
    ],
)
def test_a_new_account_cannot_look_like_another(people, name):
    form = {"username": name, "password1": GOOD, "password2": GOOD}
    page = Client().post("/accounts/signup/", form)
    assert page.status_code == 200
    assert "could look like another name" in page.text


@pytest.mark.parametrize("name", ["ana\u200b", "ana\u202e", "\u2066ana", "a na"])
def test_a_new_account_cannot_have_an_invisible_character(people, name):
    form = {"username": name, "password1": GOOD, "password2": GOOD}
    assert "valid username" in Client().post("/accounts/signup/", form).text


@pytest.mark.parametrize("name", ["Ana", "ANA", "\uff21\uff4e\uff41"])
def test_a_new_account_cannot_have_a_taken_name_in_other_letters(people, name):
    form = {"username": name, "password1": GOOD, "password2": GOOD}
    assert "already exists" in Client().post("/accounts/signup/", form).text


@pytest.mark.parametrize(
    "name", ["júlia", "Иван", "Ελένη", "さくら桜", "田中taro", "김민수", "نور", "ana_2"]
)
def test_a_name_in_any_one_alphabet_is_fine(people, name):
    form = {"username": name, "password1": GOOD, "password2": GOOD}
    assert Client().post("/accounts/signup/", form)["Location"] == "/chat/"


def test_an_account_from_before_keeps_its_name():
    User.objects.create_user("\u0430na", password=GOOD)
    form = {"username": "\u0430na", "password": GOOD}
    assert Client().post("/accounts/login/", form)["Location"] == "/chat/"


@pytest.mark.parametrize("name", ["c\u0441lass", "pr\u03bfva 1"])
def test_a_new_room_cannot_look_like_another(people, name):
    assert "could look like another name" in make(people["ana"], name)


@pytest.mark.parametrize("name", ["π-day", "русский и english", "AC/DC 2"])
def test_words_of_different_alphabets_make_a_name(people, name):
    assert make(people["ana"], name).startswith("/chat/")
