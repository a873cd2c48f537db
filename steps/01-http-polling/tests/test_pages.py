"""The pages that people see."""

from urllib.parse import quote

import pytest
from django.test import Client

# Browsers take the dots out of an address, and proxies make one slash of two.
CHANGED_ON_THE_WAY = [".", "..", "a/../b", "./a", "a/..", "a//b", "/a", "a/", "a/ /b"]
UNSEEN = {
    "NUL": "a\0b",
    "an escape character": "a\x1bb",
    "a space without width": "a\u200bb",
    "a byte order mark": "\ufeffa",
    "letters that run backwards": "a\u202etxt.exe",
    "a joiner between plain letters": "a\u200db",
    "a joiner alone": "\u200d",
    "a blank letter": "\u3164",
}


def test_the_site_begins_in_the_lobby():
    assert Client().get("/", follow=True).redirect_chain == [("/chat/", 302)]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("class", "/chat/class/"),
        ("café com leite", "/chat/caf%C3%A9%20com%20leite/"),
        ("  sala   1 ", "/chat/sala%201/"),
        ("😀", "/chat/%F0%9F%98%80/"),
        ("cafe\u0301", "/chat/caf%C3%A9/"),
        ("100%?#", "/chat/100%25%3F%23/"),
    ],
)
def test_the_lobby_leads_to_a_room_of_any_name(name, address):
    answer = Client().get("/chat/", {"room": name})
    assert answer["Location"] == address


@pytest.mark.parametrize("name", CHANGED_ON_THE_WAY)
def test_a_name_that_an_address_does_not_keep_is_refused(name):
    answer = Client().get("/chat/", {"room": name})
    assert answer.status_code == 200
    assert "browsers and proxies take" in answer.text


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_a_name_with_something_that_nobody_can_see_is_refused(name):
    answer = Client().get("/chat/", {"room": name})
    assert answer.status_code == 200
    assert "nobody can see" in answer.text


@pytest.mark.parametrize("name", [*CHANGED_ON_THE_WAY, *UNSEEN.values()])
def test_no_address_leads_into_a_room_with_such_a_name(name):
    address = f"/chat/{quote(name, safe='')}/"
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "x/messages",
        "x/events",
        "...",
        "a/.b",
        "👩\u200d🚀",
        "🏴\U000e0067\U000e007f",
        "نمی\u200cخواهم",
    ],
)
def test_a_name_that_only_looks_odd_is_a_room(name):
    address = Client().get("/chat/", {"room": name})["Location"]
    page = Client().get(address)
    assert page.status_code == 200
    assert page.context["room_name"] == name


def test_one_room_however_its_name_was_typed_into_the_address():
    for typed in ("cafe\u0301 1", "café 1", "  café   1 "):
        page = Client().get(f"/chat/{quote(typed)}/")
        assert page.context["room_name"] == "café 1"


def test_a_host_that_is_not_ours_is_refused():
    answer = Client().get("/chat/", headers={"host": "evil.example"})
    assert answer.status_code == 400


def test_the_room_shows_its_name_as_text_and_never_as_markup():
    page = Client().get("/chat/<script>alert(1)</script>/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_room_says_which_server_process_shows_it():
    assert "80 (pid " in Client().get("/chat/lobby/").text


def test_a_forgotten_slash_is_added_and_nothing_is_lost():
    answer = Client().get("/chat/caf%C3%A9?a=b")
    assert answer.status_code == 307
    assert answer["Location"] == "/chat/caf%C3%A9/?a=b"


def test_an_unknown_address_is_404():
    assert Client().get("/nowhere/").status_code == 404
