"""People: accounts, and what becomes of open sockets when access ends."""

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from chat import watch
from chat.access import mark_of
from chat.groups import EVERYBODY
from chat.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "correct-horse-battery"


def log_in(browser, name, password):
    """Fill in the form, as a person does."""
    form = {"username": name, "password": password}
    return browser.post("/accounts/login/", form)


def test_signing_up_leads_to_the_lobby():
    browser = Client()
    form = {"username": "júlia", "password1": GOOD, "password2": GOOD}
    assert browser.post("/accounts/signup/", form)["Location"] == "/chat/"
    assert "júlia" in browser.get("/chat/").text


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"username": "ana"}, "already exists"),
        ({"username": "<b>"}, "valid username"),
        ({"password2": "other"}, "match"),
        ({"password1": "12345678", "password2": "12345678"}, "too common"),
    ],
)
def test_an_invalid_sign_up_says_why(people, form, reason):
    good = {"username": "júlia", "password1": GOOD, "password2": GOOD}
    page = Client().post("/accounts/signup/", good | form)
    assert page.status_code == 200
    assert reason in page.text


def test_a_password_is_changed_with_the_old_one():
    User.objects.create_user("júlia", password=GOOD)
    browser = Client()
    log_in(browser, "júlia", GOOD)
    form = {
        "old_password": GOOD,
        "new_password1": f"{GOOD}-2",
        "new_password2": f"{GOOD}-2",
    }
    assert browser.post("/accounts/password/", form)["Location"] == "/chat/"
    assert log_in(Client(), "júlia", f"{GOOD}-2").status_code == 302


async def sit_in(join, make_room, name="ana"):
    await make_room("class")
    socket = await join("class", name)
    await socket.receive_json_from()  # the history
    return socket


async def is_logged_out(socket):
    """Return whether the socket gets the reason, then close code 4401."""
    assert "logged out" in (await socket.receive_json_from())["error"]
    return (await socket.receive_output())["code"] == 4401


async def test_a_logout_closes_the_sockets_of_that_browser(join, make_room, people):
    ana = await sit_in(join, make_room)
    bia = await join("class", "bia")
    await bia.receive_json_from()
    await sync_to_async(people["ana"].post)("/accounts/logout/")
    assert await is_logged_out(ana)
    assert await bia.receive_nothing()


async def test_a_logout_closes_them_though_the_session_is_still_there(
    join, make_room, people
):
    ana = await sit_in(join, make_room)
    bia = await join("class", "bia")
    await bia.receive_json_from()
    user = await User.objects.aget(username="ana")
    # Django tells of a logout before it deletes the session.
    event = {
        "type": "check",
        "user": user.pk,
        "ended": mark_of(people["ana"].session.session_key),
    }
    await get_channel_layer().group_send(EVERYBODY, event)
    assert await is_logged_out(ana)
    assert await bia.receive_nothing()


async def test_a_logout_elsewhere_leaves_this_browser_alone(join, make_room, people):
    ana = await sit_in(join, make_room)
    elsewhere = Client()
    await elsewhere.aforce_login(await User.objects.aget(username="ana"))
    await sync_to_async(elsewhere.post)("/accounts/logout/")
    assert await ana.receive_nothing()


async def test_a_ban_closes_the_sockets(join, make_room):
    ana = await sit_in(join, make_room)
    user = await User.objects.aget(username="ana")
    user.is_active = False
    await user.asave()
    assert await is_logged_out(ana)


async def test_a_new_password_closes_the_sockets_of_every_other_browser(
    join, make_room
):
    ana = await sit_in(join, make_room)
    user = await User.objects.aget(username="ana")
    user.set_password(GOOD)
    await user.asave()
    assert await is_logged_out(ana)


async def test_a_deleted_account_closes_the_sockets(join, make_room):
    ana = await sit_in(join, make_room)
    await User.objects.filter(username="ana").adelete()
    assert await is_logged_out(ana)


async def test_a_new_email_address_closes_no_socket(join, make_room):
    ana = await sit_in(join, make_room)
    user = await User.objects.aget(username="ana")
    user.email = "ana@example.org"
    await user.asave()
    assert await ana.receive_nothing()


async def test_a_ban_that_the_layer_has_lost_still_closes_the_sockets(
    join, make_room, monkeypatch
):
    monkeypatch.setattr(watch, "CHECK_EVERY", 0.1)
    ana = await sit_in(join, make_room)
    await User.objects.filter(username="ana").aupdate(is_active=False)  # no signal
    assert await is_logged_out(ana)


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": "another"}],
    ids=["banned", "new password"],
)
async def test_a_person_who_has_lost_access_cannot_send_one_more_message(
    join, make_room, change
):
    ana = await sit_in(join, make_room)
    bia = await join("class", "bia")
    await bia.receive_json_from()
    await User.objects.filter(username="ana").aupdate(**change)  # no event is sent
    await ana.say("one more")
    assert await is_logged_out(ana)
    assert await bia.receive_nothing()
    assert not await Message.objects.aexists()


async def test_a_deleted_session_sends_no_more_messages(join, make_room, people):
    ana = await sit_in(join, make_room)
    await Session.objects.filter(pk=people["ana"].session.session_key).adelete()
    await ana.say("one more")
    assert await is_logged_out(ana)
    assert not await Message.objects.aexists()
