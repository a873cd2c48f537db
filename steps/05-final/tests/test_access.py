"""What open sockets learn when access changes, also while Redis hangs."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.test import Client

from chat import changes
from chat.groups import EVERYBODY
from tests.sockets import PATIENCE
from tests.test_accounts import GOOD, is_logged_out, sit_in

pytestmark = pytest.mark.django_db(transaction=True)


async def test_logging_in_as_somebody_else_closes_the_sockets_of_the_first(
    join, make_room, people
):
    ana = await sit_in(join, make_room)
    bia = await join("class", "bia")
    await bia.receive_json_from()
    caio = await User.objects.aget(username="caio")
    caio.set_password(GOOD)
    await caio.asave()
    form = {"username": "caio", "password": GOOD}
    answer = await sync_to_async(people["ana"].post)("/accounts/login/", form)
    assert answer.status_code == 302
    assert await is_logged_out(ana)
    assert await bia.receive_nothing()


@pytest.mark.parametrize("way", ["log in", "log out", "save the account"])
async def test_a_redis_that_hangs_delays_nobody(people, monkeypatch, way):
    """It accepts connections and never answers, like a process that was stopped."""
    waits = asyncio.Event()

    async def hang(*_):
        waits.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(get_channel_layer(), "group_send", hang)
    monkeypatch.setattr(changes, "LAYER_TIMEOUT", 0.01)
    ana = await User.objects.aget(username="ana")
    if way == "log in":
        await Client().aforce_login(ana)
        assert not waits.is_set()  # the time of a log-in changes no access
    elif way == "log out":
        await sync_to_async(people["ana"].post)("/accounts/logout/")
        assert waits.is_set()
    else:
        await ana.asave()
        assert waits.is_set()


async def test_redis_never_sees_a_session_key(join, make_room, people):
    """The key is still valid then: Django deletes the session right after."""
    await sit_in(join, make_room)
    key = people["ana"].cookies["sessionid"].value
    layer = get_channel_layer()
    reader = await layer.new_channel("reader")
    await layer.group_add(EVERYBODY, reader)
    await sync_to_async(people["ana"].post)("/accounts/logout/")
    async with asyncio.timeout(PATIENCE):
        event = await layer.receive(reader)
    assert event["type"] == "check"
    assert key not in str(event)
