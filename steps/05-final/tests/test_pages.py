"""The pages that people see."""

import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from chat.models import Presence, Room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("page", ["/chat/", "/chat/class/"])
def test_a_visitor_who_has_not_logged_in_is_sent_to_the_login(page):
    assert Client().get(page)["Location"] == f"/accounts/login/?next={page}"


def test_the_lobby_lists_the_rooms(people):
    Room.objects.create(name="café <b>com</b> leite")
    page = people["ana"].get("/chat/").text
    assert "café &lt;b&gt;com&lt;/b&gt; leite" in page
    assert 'href="/chat/caf%C3%A9%20%3Cb%3Ecom%3C/b%3E%20leite/"' in page


def test_the_lobby_leads_to_a_room_by_its_name(people):
    Room.objects.create(name="café")
    answer = people["ana"].get("/chat/", {"room": " cafe\u0301 "})
    assert answer["Location"] == "/chat/caf%C3%A9/"


def test_the_lobby_says_that_there_is_no_such_room(people):
    page = people["ana"].get("/chat/", {"room": "nowhere"}).text
    assert "There is no room “<bdi>nowhere</bdi>”." in page


def sit(room, *names):
    """Have people be in a room, as far as the database knows."""
    for name in names:
        user, _ = User.objects.get_or_create(username=name)
        Presence.objects.create(room=room, user=user, process=uuid.uuid4())


def lobby_of(browser):
    """Return the words on the page of the lobby."""
    return " ".join(strip_tags(browser.get("/chat/").text).split())


def test_the_lobby_shows_who_is_where(people):
    sit(Room.objects.create(name="class"), "bia", "caio", "bia")
    Room.objects.create(name="empty")
    words = lobby_of(people["ana"])
    assert "class Here now: bia, caio empty ana Password and email Log out" in words


def test_the_lobby_names_ten_people_and_counts_the_others(people):
    sit(Room.objects.create(name="class"), *[f"guest{n:02}" for n in range(12)])
    words = lobby_of(people["ana"])
    assert "guest09 and 2 more" in words
    assert "guest10" not in words


def test_only_people_who_know_the_password_of_a_room_see_who_is_there(people):
    form = {"name": "sala", "kind": "password", "password": "sésamo"}
    people["ana"].post("/rooms/new/", form)
    sit(Room.objects.get(), "caio")
    assert "Here now: caio" in lobby_of(people["ana"])
    assert "sala (with a password)" in lobby_of(people["bia"])
    assert "caio" not in lobby_of(people["bia"])


def test_many_rooms_take_the_lobby_no_more_queries_than_one(people):
    def count():
        with CaptureQueriesContext(connection) as queries:
            people["ana"].get("/chat/")
        return len(queries)

    sit(Room.objects.create(name="class"), "bia")
    one = count()
    for number in range(20):
        sit(Room.objects.create(name=f"room {number}"), "bia", "caio")
    assert count() == one


def test_a_room_that_does_not_exist_is_404(people):
    assert people["ana"].get("/chat/nowhere/").status_code == 404


def test_a_room_is_made_in_the_admin():
    teacher = Client()
    teacher.force_login(User.objects.create_superuser("teacher"))
    teacher.post("/admin/chat/room/add/", {"name": "sala 1", "kind": "open"})
    assert teacher.get("/chat/sala 1/").status_code == 200


def test_names_that_are_written_from_right_to_left_do_not_disturb_the_page(people):
    name = "מנהל <b>"  # from right to left
    Room.objects.create(name=name)
    shown = "<bdi>מנהל &lt;b&gt;</bdi>"
    assert shown in people["ana"].get("/chat/").text
    assert shown in people["ana"].get(f"/chat/{name}/").text
    refused = people["ana"].get("/chat/", {"room": f"no {name}"}).text
    assert "“<bdi>no מנהל &lt;b&gt;</bdi>”" in refused


def test_a_page_allows_only_our_own_scripts(people):
    Room.objects.create(name="class")
    answer = people["ana"].get("/chat/class/")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    for script in answer.text.split("<script")[1:]:
        assert ' src="/' in script.split(">")[0]
        assert script.split(">")[1].startswith("</script")


def test_demo_can_run_twice_and_ana_can_log_in(settings, capsys):
    settings.DEBUG = True  # which pytest-django takes away
    call_command("demo")
    call_command("demo")
    password = re.search('password "(.+)"', capsys.readouterr().out)[1]
    form = {"username": "ana", "password": password}
    assert Client().post("/accounts/login/", form)["Location"] == "/chat/"
    assert Room.objects.count() == 2


def test_demo_refuses_to_run_on_a_public_server(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Not on a public server"):
        call_command("demo")


def test_no_browser_keeps_a_page_for_the_next_person_at_the_computer(people):
    """After a log-out, the Back button would show Ana's private rooms."""
    room = Room.objects.create(name="sala", kind="password", password_hash="a hash")
    Room.objects.create(name="class")
    pages = [
        "/chat/",
        "/chat/class/",
        "/rooms/new/",
        f"/rooms/{room.pk}/enter/",
        "/invite/",
    ]
    for page in pages:
        assert "no-store" in people["ana"].get(page).get("Cache-Control", ""), page
