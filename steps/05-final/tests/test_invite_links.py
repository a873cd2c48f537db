"""Links into a room for two: who can use them, and how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from chat.models import Invite, Room
from tests.test_rooms import make

pytestmark = pytest.mark.django_db(transaction=True)


def invite_to_two(people):
    make(people["ana"], "us", "two")
    room = Room.objects.get(name="us")
    page = people["ana"].post(f"/rooms/{room.pk}/invite/").text
    return room, page.split("/invite/#")[1].split('"')[0]


def test_an_invite_lets_exactly_one_other_person_in(people):
    room, token = invite_to_two(people)
    answer = people["bia"].post("/invite/", {"token": token})
    assert answer["Location"] == room.get_absolute_url()
    assert people["bia"].get(room.get_absolute_url()).status_code == 200
    assert "no longer valid" in people["caio"].post("/invite/", {"token": token}).text
    assert people["caio"].get(room.get_absolute_url()).status_code == 404
    page = people["ana"].post(f"/rooms/{room.pk}/invite/").text
    assert "already two of you" in page


def test_a_person_who_has_used_an_invite_can_use_it_again(people):
    room, token = invite_to_two(people)
    for _ in range(2):
        answer = people["bia"].post("/invite/", {"token": token})
        assert answer["Location"] == room.get_absolute_url()


def test_of_two_invites_into_a_room_for_two_only_one_works(people):
    room, first = invite_to_two(people)
    second = Invite.make(room, User.objects.get(username="ana"))
    people["bia"].post("/invite/", {"token": first})
    assert "no longer valid" in people["caio"].post("/invite/", {"token": second}).text
    assert room.members.count() == 2


def test_of_two_people_who_use_an_invite_at_once_one_gets_in(people):
    room, token = invite_to_two(people)

    def claim(name):
        try:
            return people[name].post("/invite/", {"token": token}).status_code
        finally:
            connection.close()  # each thread has its own

    with ThreadPoolExecutor() as threads:
        answers = sorted(threads.map(claim, ["bia", "caio"]))
    assert answers == [200, 302]  # refused, and led to the room
    assert room.members.count() == 2


def test_the_person_who_invites_does_not_use_up_the_invite(people):
    _, token = invite_to_two(people)
    people["ana"].post("/invite/", {"token": token})
    assert people["bia"].post("/invite/", {"token": token}).status_code == 302


@pytest.mark.parametrize("token", ["", "wrong", "\x00"])
def test_a_made_up_invite_is_refused(people, token):
    assert "no longer valid" in people["bia"].post("/invite/", {"token": token}).text


def test_an_old_invite_is_refused(people):
    _, token = invite_to_two(people)
    Invite.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert "no longer valid" in people["bia"].post("/invite/", {"token": token}).text


def test_the_token_is_not_in_the_database(people):
    _, token = invite_to_two(people)
    assert token not in Invite.objects.get().token_hash


def test_an_invite_asks_a_visitor_to_log_in_before_it_is_used(people):
    _, token = invite_to_two(people)
    page = Client().post("/invite/", {"token": token}).text
    assert "/accounts/login/?next=/invite/" in page
    assert "/accounts/signup/?next=/invite/" in page
    assert Invite.objects.get().claimed_by is None


def test_signing_up_leads_back_to_the_invite():
    form = {"username": "júlia", "password1": "correct-horse", "next": "/invite/"}
    form["password2"] = form["password1"]
    assert Client().post("/accounts/signup/", form)["Location"] == "/invite/"


def test_signing_up_leads_to_no_other_site():
    form = {"username": "júlia", "password1": "correct-horse"}
    form |= {"password2": form["password1"], "next": "https://evil.example/"}
    assert Client().post("/accounts/signup/", form)["Location"] == "/chat/"
