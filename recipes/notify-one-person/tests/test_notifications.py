"""A notification reaches one person, in all tabs, once its transaction is committed."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from config.asgi import application
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_prefix(settings):
    """Keep our groups apart from others in the same Redis."""
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"prefix": f"test-{uuid.uuid4()}"}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}


@pytest.fixture
def people(transactional_db):
    """Return the logged-in browsers of Ana and Bia, by name."""
    browsers = {}
    for name in ("ana", "bia"):
        browsers[name] = Client()
        browsers[name].force_login(get_user_model().objects.create_user(name))
    return browsers


class Tab(WebsocketCommunicator):
    """An open page. Waits longer than Channels' one second."""

    async def receive_output(self, seconds=1):
        return await super().receive_output(max(seconds, 10))

    async def disconnect(self, code=1000, seconds=10):
        await super().disconnect(code, seconds)

    async def told(self):
        """Return the texts in the next frame."""
        frame = await self.receive_json_from()
        return [one["text"] for one in frame["notifications"]]


@pytest.fixture
async def open_tab(people):
    """Return a function that opens a socket: `await open_tab("ana")`."""
    tabs = []

    async def open_tab(name=None):
        headers = [(b"origin", b"http://localhost:8000")]
        if name:
            cookie = people[name].cookies["sessionid"].OutputString()
            headers.append((b"cookie", cookie.partition(";")[0].encode()))
        tab = Tab(application, "/ws/notifications/", headers=headers)
        assert await tab.connect(timeout=10) == (True, None)
        tabs.append(tab)
        return tab

    yield open_tab
    for tab in tabs:
        await tab.disconnect()
    await get_channel_layer().close_pools()


@pytest.fixture
def send(people):
    """Return a function that posts the form of the page: `await send("ana", "bia", "oi")`."""

    def send(sender, to, text):
        form = {"to": to, "text": text}
        return people[sender].post("/notifications/send/", form).status_code

    return sync_to_async(send)


async def store(name, text):
    """Store a notification, as any code of the site does."""
    recipient = await get_user_model().objects.aget(username=name)
    return await Notification.objects.acreate(recipient=recipient, text=text)


async def test_all_tabs_of_a_person_get_a_notification_and_nobody_elses(open_tab, send):
    bias = [await open_tab("bia"), await open_tab("bia")]
    ana = await open_tab("ana")
    for tab in (*bias, ana):
        assert await tab.told() == []
    assert await send("ana", "bia", "oi") == 204
    for tab in bias:
        assert await tab.told() == ["ana: oi"]
    assert await ana.receive_nothing()


async def test_any_code_that_creates_a_notification_sends_it(open_tab):
    bia = await open_tab("bia")
    assert await bia.told() == []
    await store("bia", "Your report is ready")
    assert await bia.told() == ["Your report is ready"]


async def test_a_change_of_a_notification_is_not_a_new_one(open_tab):
    bia = await open_tab("bia")
    assert await bia.told() == []
    notification = await store("bia", "oi")
    assert await bia.told() == ["oi"]
    await notification.asave()
    assert await bia.receive_nothing()


async def test_nothing_is_sent_before_the_commit(open_tab):
    bia = await open_tab("bia")
    assert await bia.told() == []
    inside = transaction.atomic()
    await sync_to_async(inside.__enter__)()
    await store("bia", "oi")
    assert await bia.receive_nothing()
    await sync_to_async(inside.__exit__)(None, None, None)
    assert await bia.told() == ["oi"]


async def test_a_rollback_sends_nothing(open_tab, send):
    bia = await open_tab("bia")
    assert await bia.told() == []
    # The first name is right, and the second rolls everything back.
    assert await send("ana", "bia nobody", "oi") == 404
    assert not await Notification.objects.aexists()
    assert await bia.receive_nothing()


async def test_a_person_who_was_away_gets_the_notification_on_connecting(open_tab):
    await store("bia", "oi")
    await store("ana", "olá")
    assert await (await open_tab("bia")).told() == ["oi"]


async def test_bulk_create_sends_no_signal_so_nothing_is_sent(open_tab):
    bia = await open_tab("bia")
    assert await bia.told() == []
    recipient = await get_user_model().objects.aget(username="bia")
    await Notification.objects.abulk_create(
        [Notification(recipient=recipient, text="oi")]
    )
    assert await bia.receive_nothing()


async def test_without_a_login_the_socket_is_closed(open_tab):
    stranger = await open_tab()
    closed = await stranger.receive_output()
    assert closed == {"type": "websocket.close", "code": 4401}


async def test_if_redis_is_down_the_notification_is_stored_all_the_same(
    send, settings, caplog
):
    down = {"hosts": ["redis://127.0.0.1:1"]}
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": down}}
    assert await send("ana", "bia", "oi") == 204
    assert await Notification.objects.aexists()
    assert "Error calling" in caplog.text


def test_only_people_who_are_logged_in_can_notify_and_only_with_post(people):
    assert "/login/" in Client().post("/notifications/send/")["Location"]
    assert people["ana"].get("/notifications/send/").status_code == 405


def test_the_pages_can_be_shown(people):
    assert "Log in" in Client().get("/login/").text
    assert "Notifications of ana" in people["ana"].get("/notifications/").text


def test_no_model_has_changed_without_a_migration():
    call_command("makemigrations", "--check", "--dry-run")


async def test_the_chat_beside_it_still_works(join):
    ana = await join("class")
    await ana.send_json_to({"text": "oi"})
    assert (await ana.receive_json_from())["text"] == "oi"
