"""What people, and programs, send to the pages that no page of ours sends."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from chat import forms
from chat.models import Invite, Room

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "correct-horse-battery"
LONG = "a" * 10_000
# A NUL, half of a surrogate pair, bytes that are no UTF-8, and very much.
ODD = ["%00", "a%00b", "%ED%A0%80", "%FF%FE", LONG]


@pytest.mark.parametrize("text", ODD)
def test_the_lobby_says_that_it_knows_no_such_room(people, text):
    page = people["ana"].get(f"/chat/?room={text}")
    assert page.status_code == 200
    assert "There is no room" in page.text
    assert f"<bdi>{LONG}" not in page.text


@pytest.mark.parametrize("text", ODD)
def test_the_page_of_an_odd_room_is_404(people, text):
    assert people["ana"].get(f"/chat/{text}/").status_code == 404


@pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800", "a" * 10_000])
async def test_the_socket_of_an_odd_room_is_refused(join, people, name):
    text = name.encode(errors="surrogatepass").decode("latin-1")
    ana = await join(text, "ana")
    assert await ana.refused() == ["not_found"]
    assert await ana.is_closed_with() == 4404


@pytest.mark.parametrize("number", ["0", "9" * 30, "9" * 4000])
def test_the_page_of_an_odd_number_is_404(people, number):
    assert people["ana"].get(f"/rooms/{number}/enter/").status_code == 404
    assert people["ana"].post(f"/rooms/{number}/enter/").status_code == 404
    assert people["ana"].post(f"/rooms/{number}/invite/").status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "9" * 5000, "%00"])
def test_an_odd_page_of_the_lobby_is_one_that_there_is(people, number):
    Room.objects.create(name="class")
    page = people["ana"].get(f"/chat/?page={number}")
    assert page.status_code == 200
    assert "class" in page.text


@pytest.mark.parametrize("text", ["\0", "a\0b", LONG])
@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("/accounts/login/", ["username", "password"]),
        ("/accounts/signup/", ["username", "password1", "password2"]),
        ("/admin/login/", ["username", "password"]),
    ],
)
def test_an_odd_name_or_password_is_refused_with_a_sentence(people, page, fields, text):
    for odd in fields:
        form = {field: "maria-2" for field in fields} | {odd: text}
        answer = Client().post(page, form)
        assert answer.status_code == 200
        assert "error" in answer.text


@pytest.mark.parametrize("text", ["\0", "a\0b", LONG])
@pytest.mark.parametrize("odd", ["name", "kind", "password"])
def test_an_odd_room_is_refused_with_a_sentence(people, odd, text):
    form = {"name": "sala", "kind": "password", "password": "sésamo"}
    answer = people["ana"].post("/rooms/new/", form | {odd: text})
    assert answer.status_code == 200
    assert "error" in answer.text
    assert not Room.objects.exists()


@pytest.mark.parametrize("text", ["\0", "a\0b", LONG])
def test_an_odd_password_of_a_room_is_refused_with_a_sentence(people, text):
    form = {"name": "sala", "kind": "password", "password": "sésamo"}
    people["ana"].post("/rooms/new/", form)
    enter = f"/rooms/{Room.objects.get().pk}/enter/"
    answer = people["bia"].post(enter, {"password": text})
    assert answer.status_code == 200
    assert "error" in answer.text


@pytest.mark.parametrize("token", ["\0", "a\0b", LONG])
def test_an_odd_invite_is_refused_with_a_sentence(people, token):
    answer = people["ana"].post("/invite/", {"token": token})
    assert answer.status_code == 200
    assert "no longer valid" in answer.text


# A quoted cookie may hold any character: this one a NUL.
ODD_SESSION = 'sessionid="abcdefghijklmnop\\000"'


@pytest.mark.parametrize("page", ["/chat/", "/chat/class/", "/admin/"])
def test_an_odd_session_is_none(page):
    answer = Client(HTTP_COOKIE=ODD_SESSION).get(page)
    assert answer.status_code in {302, 400}  # to the log-in; PostgreSQL takes no NUL


async def test_an_odd_session_is_none_on_the_socket_too(join, make_room, people):
    await make_room("class")
    people["odd"] = Client()
    people["odd"].cookies.load(ODD_SESSION)
    odd = await join("class", "odd")
    assert await odd.refused() == ["logged_out"]
    assert await odd.is_closed_with() == 4401


# ---- The same form, several times at once -----------------------------------------


def at_once(posts):
    """Post forms at the same time, each from a thread; return the status codes."""

    def post(arguments):
        browser, page, form = arguments
        try:
            return browser.post(page, form).status_code
        finally:
            connection.close()  # each thread has its own

    with ThreadPoolExecutor(len(posts)) as threads:
        return sorted(threads.map(post, posts))


def copy_of(browser):
    """Return a browser with the same cookies: a test client serves one thread."""
    copy = Client()
    copy.cookies = browser.cookies.copy()
    return copy


def test_four_clicks_on_sign_up_make_one_account():
    form = {"username": "júlia", "password1": GOOD, "password2": GOOD}
    answers = at_once([(Client(), "/accounts/signup/", form) for _ in range(4)])
    assert answers == [200, 200, 200, 302]
    assert User.objects.filter(username="júlia").count() == 1


@pytest.mark.parametrize("kind", ["open", "private"])
def test_four_clicks_on_new_room_make_one_room(people, kind):
    form = {"name": "sala", "kind": kind, "password": ""}
    posts = [(copy_of(people["ana"]), "/rooms/new/", form) for _ in range(4)]
    assert at_once(posts) == [200, 200, 200, 302]
    assert Room.objects.get().members.count() == 1


def test_people_who_take_the_same_name_at_once_do_not_both_get_it(people):
    form = {"name": "sala", "kind": "open", "password": ""}
    posts = [(browser, "/rooms/new/", form) for browser in people.values()]
    assert at_once(posts) == [200, 200, 302]
    assert Room.objects.count() == 1


def test_four_clicks_on_an_invite_use_it_once(people):
    room = Room.objects.create(name="us", kind="two")
    ana = User.objects.get(username="ana")
    room.members.add(ana)
    token = Invite.make(room, ana)
    posts = [(copy_of(people["bia"]), "/invite/", {"token": token}) for _ in range(4)]
    assert at_once(posts) == [302] * 4
    assert room.members.count() == 2


# ---- Very much of everything ------------------------------------------------------


def test_a_lobby_with_40000_rooms_shows_some_and_finds_any(people):
    names = [f"room {number:05}" for number in range(40_000)]
    Room.objects.bulk_create([Room(name=name, slug=name) for name in names])
    ana = people["ana"]
    page = ana.get("/chat/").text
    assert "room 00049" in page
    assert "room 00050" not in page
    assert "Page 1 of 800" in page
    assert "room 00050" in ana.get("/chat/?page=2").text
    answer = ana.get("/chat/", {"room": "room 31234"})
    assert answer["Location"] == "/chat/room%2031234/"


def test_a_person_makes_50_rooms_and_a_teacher_more(people, monkeypatch):
    monkeypatch.setattr(forms, "MOST_ROOMS", 2)
    for number in range(3):
        form = {"name": f"sala {number}", "kind": "open", "password": ""}
        page = people["ana"].post("/rooms/new/", form)
    assert "You have made 2 rooms" in page.text
    assert people["bia"].post("/rooms/new/", form).status_code == 302
    User.objects.filter(username="ana").update(is_staff=True)
    form["name"] = "sala 4"
    assert people["ana"].post("/rooms/new/", form).status_code == 302


def test_clicks_at_once_make_no_room_beyond_the_limit(people, monkeypatch):
    monkeypatch.setattr(forms, "MOST_ROOMS", 2)
    posts = [
        (copy_of(people["ana"]), "/rooms/new/", {"name": name, "kind": "open"})
        for name in "abcd"
    ]
    assert at_once(posts) == [200, 200, 302, 302]
