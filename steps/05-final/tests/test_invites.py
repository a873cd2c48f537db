"""How long an invite is valid, and what ends it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat import views
from chat.models import Invite, Room

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = "no longer valid"


@pytest.fixture
def room(people):
    """Make a private room: Ana's and Bia's."""
    room = Room.objects.create(name="secret", kind="private")
    room.members.set(User.objects.filter(username__in=["ana", "bia"]))
    return room


def invite(people, name, room):
    """Have a member make an invite; return its token."""
    page = people[name].post(f"/rooms/{room.pk}/invite/").text
    return page.split("/invite/#")[1].split('"')[0]


def claim(people, name, token):
    """Have somebody use an invite; return the page."""
    return people[name].post("/invite/", {"token": token}, follow=True).text


def test_an_invite_stays_used_when_the_account_that_used_it_is_deleted(people, room):
    token = invite(people, "ana", room)
    User.objects.create_user("eva")
    people["eva"] = Client()
    people["eva"].force_login(User.objects.get(username="eva"))
    assert REFUSED not in claim(people, "eva", token)
    User.objects.get(username="eva").delete()
    assert REFUSED in claim(people, "caio", token)
    assert not room.members.filter(username="caio").exists()


def test_an_invite_stays_used_when_the_person_leaves_the_room(people, room):
    token = invite(people, "ana", room)
    claim(people, "caio", token)
    room.members.remove(User.objects.get(username="caio"))
    assert REFUSED in claim(people, "caio", token)


def test_a_removed_member_cannot_return_with_her_own_invite(people, room):
    token = invite(people, "bia", room)
    room.members.remove(User.objects.get(username="bia"))
    assert REFUSED in claim(people, "bia", token)
    assert REFUSED in claim(people, "caio", token)


def test_an_invite_ends_when_its_maker_is_banned(people, room):
    token = invite(people, "bia", room)
    User.objects.filter(username="bia").update(is_active=False)
    assert REFUSED in claim(people, "caio", token)


def test_an_invite_ends_when_its_makers_account_is_deleted(people, room):
    token = invite(people, "bia", room)
    User.objects.get(username="bia").delete()
    assert REFUSED in claim(people, "caio", token)


def test_an_invite_from_before_makers_were_stored_is_still_good(people, room):
    token = invite(people, "bia", room)
    Invite.objects.update(made_by=None)
    assert REFUSED not in claim(people, "caio", token)


def test_the_admin_shows_who_has_invited_whom_but_no_token(people, room, teacher):
    token = invite(people, "bia", room)
    claim(people, "caio", token)
    made = Invite.objects.get()
    for page in ("", f"{made.pk}/change/"):
        text = teacher.get(f"/admin/chat/invite/{page}").text
        assert "secret" in text
        assert "bia" in text
        assert "caio" in text
        assert token not in text
        assert made.token_hash not in text


def test_an_invite_that_is_revoked_in_the_admin_opens_nothing(people, room, teacher):
    token = invite(people, "bia", room)
    chosen = {"_selected_action": [Invite.objects.get().pk], "post": "yes"}
    teacher.post("/admin/chat/invite/", {"action": "delete_selected", **chosen})
    assert REFUSED in claim(people, "caio", token)


def test_the_admin_makes_and_changes_no_invite(people, room, teacher):
    invite(people, "bia", room)
    made = Invite.objects.get()
    form = {"expires_0": "2099-01-01", "expires_1": "00:00:00"}
    for page in ("add", f"{made.pk}/change"):
        assert teacher.post(f"/admin/chat/invite/{page}/", form).status_code == 403


def test_the_unused_invites_of_a_person_are_limited(people, room, monkeypatch):
    monkeypatch.setattr(views, "MOST_INVITES", 2)
    tokens = [invite(people, "ana", room) for _ in range(2)]
    page = people["ana"].post(f"/rooms/{room.pk}/invite/").text
    assert "many unused invitations" in page
    assert "/invite/#" not in page
    claim(people, "caio", tokens[0])
    assert invite(people, "ana", room)
