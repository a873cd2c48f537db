"""The pages that people see."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from chat.models import Room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("page", ["/chat/", "/chat/class/"])
def test_whoever_has_not_logged_in_is_led_to_the_login(page):
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
    assert "There is no room “nowhere”." in page


def test_a_room_that_nobody_made_is_404(people):
    assert people["ana"].get("/chat/nowhere/").status_code == 404


def test_a_room_is_made_in_the_admin():
    teacher = Client()
    teacher.force_login(User.objects.create_superuser("teacher"))
    teacher.post("/admin/chat/room/add/", {"name": "sala 1", "kind": "open"})
    assert teacher.get("/chat/sala 1/").status_code == 200


def test_the_demonstration_can_be_made_twice_and_lets_ana_in(settings, capsys):
    settings.DEBUG = True  # which pytest-django takes away
    call_command("demo")
    call_command("demo")
    password = capsys.readouterr().out.split()[-1]
    assert Client().login(username="ana", password=password)
    assert Room.objects.count() == 2


def test_the_demonstration_stays_off_public_servers(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Not on a public server"):
        call_command("demo")
