"""The pages that people see."""

import pytest
from django.test import Client


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


@pytest.mark.parametrize("name", [".", ".."])
def test_the_lobby_says_which_names_browsers_take_away(name):
    assert "cannot be the name" in Client().get("/chat/", {"room": name}).text


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
