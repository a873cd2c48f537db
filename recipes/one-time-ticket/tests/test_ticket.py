"""Clients without a cookie: a one-time ticket in the URL opens one socket."""

import gc
import json
import threading
import uuid
from urllib.request import Request, urlopen

import pytest
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.core import signing
from django.test import Client
from servers import hear, say
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from chat import tickets
from chat.tokens import VALID_FOR, token_for
from config.asgi import application

# Django's Redis cache leaves it to Python to close its connections.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(autouse=True)
def own_prefix(settings):
    """Keep our tickets and groups apart from others in the same Redis."""
    ours = f"test-{uuid.uuid4()}"
    cache = settings.CACHES["default"] | {"KEY_PREFIX": ours}
    settings.CACHES = {"default": cache}
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"prefix": ours}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    yield
    gc.collect()


@pytest.fixture
async def open_socket():
    """Return a function that opens a socket as an app does: without an Origin."""
    opened = []

    async def open_socket(query):
        client = WebsocketCommunicator(application, f"/ws/app/class/{query}")
        client.scope["server"] = ("localhost", 8000)
        assert await client.connect(timeout=10) == (True, None)
        opened.append(client)
        return client

    yield open_socket
    for client in opened:
        await client.disconnect(timeout=10)
    await get_channel_layer().close_pools()


async def is_refused(client):
    """Return whether a client got a reason and then the close code 4401."""
    told = (await client.receive_json_from(timeout=10))["error"]
    closed = await client.receive_output(timeout=10)
    return "ticket" in told and closed == {"type": "websocket.close", "code": 4401}


def ask(token, scheme="Bearer"):
    """Ask for a ticket with a token."""
    return Client().post("/ticket/", headers={"authorization": f"{scheme} {token}"})


def test_a_token_gets_a_ticket_that_no_cache_keeps():
    answer = ask(token_for("Ana"))
    assert answer.json()["expires_in"] == 30
    assert answer["Cache-Control"] == "no-store"
    assert tickets.redeem(answer.json()["ticket"]) == "Ana"


@pytest.mark.parametrize("token", ["", "wrong", token_for("Ana") + "x"])
def test_a_wrong_token_gets_no_ticket(token):
    assert ask(token).status_code == 401


def test_without_a_token_there_is_no_ticket():
    assert Client().post("/ticket/").status_code == 401
    assert ask(token_for("Ana"), scheme="Basic").status_code == 401


def test_an_expired_token_gets_no_ticket(monkeypatch):
    now = signing.time.time()
    with monkeypatch.context() as earlier:
        earlier.setattr(signing.time, "time", lambda: now - VALID_FOR - 1)
        token = token_for("Ana")
    assert "expired" in ask(token).json()["error"]


def test_a_link_gets_no_ticket():
    assert Client().get("/ticket/").status_code == 405


async def test_with_a_ticket_people_can_chat_under_their_own_names(open_socket):
    ana = await open_socket(f"?ticket={tickets.ticket_for('Ana')}")
    bia = await open_socket(f"?ticket={tickets.ticket_for('Bia')}")
    await ana.send_json_to({"text": "oi", "sender": "Bia"})
    message = await bia.receive_json_from(timeout=10)
    assert (message["sender"], message["text"]) == ("Ana", "oi")


async def test_a_ticket_cannot_be_used_twice(open_socket):
    ticket = tickets.ticket_for("Ana")
    await open_socket(f"?ticket={ticket}")
    assert await is_refused(await open_socket(f"?ticket={ticket}"))


async def test_an_expired_ticket_is_refused(open_socket, monkeypatch):
    monkeypatch.setattr(tickets, "VALID_FOR", 0)
    assert await is_refused(await open_socket(f"?ticket={tickets.ticket_for('Ana')}"))


@pytest.mark.parametrize("query", ["", "?ticket=", "?ticket=wrong", "?token=x", "?%ff"])
async def test_without_a_valid_ticket_a_socket_is_refused(open_socket, query):
    assert await is_refused(await open_socket(query))


async def test_a_token_is_no_ticket(open_socket):
    assert await is_refused(await open_socket(f"?ticket={token_for('Ana')}"))


async def test_a_refused_client_can_send_nothing(open_socket):
    ana = await open_socket(f"?ticket={tickets.ticket_for('Ana')}")
    stranger = await open_socket("")
    await stranger.send_json_to({"text": "oi"})
    assert await is_refused(stranger)
    assert await ana.receive_nothing()


def test_of_many_handshakes_at_once_only_one_gets_through():
    ticket = tickets.ticket_for("Ana")
    start, names = threading.Barrier(8), []

    def redeem():
        start.wait()
        names.append(tickets.redeem(ticket))

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names, key=str) == ["Ana", *[None] * 7]


def test_a_ticket_from_one_server_opens_a_socket_on_another_once(two_servers):
    first, second = two_servers
    question = Request(
        f"http://127.0.0.1:{first}/ticket/",
        method="POST",
        headers={"Authorization": f"Bearer {token_for('Ana')}"},
    )
    with urlopen(question) as answer:
        ticket = json.load(answer)["ticket"]
    with connect(f"ws://127.0.0.1:{second}/ws/app/class/?ticket={ticket}") as ana:
        say(ana, "oi")
        assert hear(ana) == "oi"
    with connect(f"ws://127.0.0.1:{first}/ws/app/class/?ticket={ticket}") as again:
        assert "used" in json.loads(again.recv(timeout=10))["error"]
        with pytest.raises(ConnectionClosed) as closed:
            again.recv(timeout=10)
        assert closed.value.rcvd.code == 4401
