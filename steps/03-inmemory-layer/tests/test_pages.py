"""The pages that people see."""

from urllib.parse import quote

import pytest
from django.test import Client

# Browsers remove dot segments from a URL, and proxies merge slashes.
CHANGED_IN_TRANSIT = [".", "..", "a/../b", "./a", "a/..", "a//b", "/a", "a/", "a/ /b"]
UNSEEN = {
    "a NUL character": "a\0b",
    "an escape character": "a\x1bb",
    "a zero-width space": "a\u200bb",
    "a byte order mark": "\ufeffa",
    "an override that reverses the text": "a\u202etxt.exe",
    "a joiner between Latin letters": "a\u200db",
    "a joiner alone": "\u200d",
    "a blank letter": "\u3164",
}


def test_the_home_page_redirects_to_the_lobby():
    assert Client().get("/", follow=True).redirect_chain == [("/chat/", 302)]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("class", "/chat/class/"),
        ("café com leite", "/chat/caf%C3%A9%20com%20leite/"),
        ("  sala   1 ", "/chat/sala%201/"),
        ("😀", "/chat/%F0%9F%98%80/"),
        ("cafe\u0301", "/chat/caf%C3%A9/"),
        ("100%?#", "/chat/100%25%3F%23/"),
    ],
)
def test_the_lobby_leads_to_a_room_with_any_name(name, url):
    response = Client().get("/chat/", {"room": name})
    assert response["Location"] == url


@pytest.mark.parametrize("name", CHANGED_IN_TRANSIT)
def test_a_name_that_would_change_in_a_url_is_rejected(name):
    response = Client().get("/chat/", {"room": name})
    assert response.status_code == 200
    assert "browsers and proxies remove" in response.text


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_a_name_with_invisible_characters_is_rejected(name):
    response = Client().get("/chat/", {"room": name})
    assert response.status_code == 200
    assert "invisible characters" in response.text


@pytest.mark.parametrize("name", [*CHANGED_IN_TRANSIT, *UNSEEN.values()])
def test_no_url_leads_to_a_room_with_such_a_name(name):
    url = f"/chat/{quote(name, safe='')}/"
    assert Client().get(url).status_code == 404


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
def test_a_name_that_only_looks_odd_is_allowed(name):
    url = Client().get("/chat/", {"room": name})["Location"]
    page = Client().get(url)
    assert page.status_code == 200
    assert page.context["room_name"] == name


def test_every_spelling_of_a_name_in_the_url_leads_to_the_same_room():
    for typed in ("cafe\u0301 1", "café 1", "  café   1 "):
        page = Client().get(f"/chat/{quote(typed)}/")
        assert page.context["room_name"] == "café 1"


def test_a_request_for_another_host_is_rejected():
    response = Client().get("/chat/", headers={"host": "evil.example"})
    assert response.status_code == 400


def test_the_page_shows_the_name_of_the_room_as_text_and_never_as_markup():
    page = Client().get("/chat/<script>alert(1)</script>/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_says_which_server_process_sent_it():
    assert "80 (pid " in Client().get("/chat/lobby/").text


def test_a_missing_slash_is_added_and_nothing_is_lost():
    response = Client().get("/chat/caf%C3%A9?a=b")
    assert response.status_code == 307
    assert response["Location"] == "/chat/caf%C3%A9/?a=b"


def test_an_unknown_url_is_a_404():
    assert Client().get("/nowhere/").status_code == 404
