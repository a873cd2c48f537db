"""Clients without a cookie: the first frame holds a token, or the socket is closed."""

import json
import subprocess
import sys

import pytest
from channels.testing import WebsocketCommunicator
from django.core import signing
from servers import PROJECT, enter, say, server

from chat import first_frame
from chat.tokens import SALT, VALID_FOR, token_for
from config.asgi import application


@pytest.fixture
async def open_socket():
    """Return a function that opens a socket as an app does: without an Origin."""
    opened = []

    async def open_socket(room_name="class"):
        client = WebsocketCommunicator(application, f"/ws/app/{room_name}/")
        client.scope["server"] = ("localhost", 8000)
        assert await client.connect(timeout=10) == (True, None)
        opened.append(client)
        return client

    yield open_socket
    for client in opened:
        await client.disconnect(timeout=10)


async def log_in(client, name):
    await client.send_json_to({"token": token_for(name)})
    assert await client.receive_json_from(timeout=10) == {"welcome": name}


async def is_refused(client, reason):
    """Return whether a client got this reason and then the close code 4401."""
    told = (await client.receive_json_from(timeout=10))["error"]
    closed = await client.receive_output(timeout=10)
    return reason in told and closed == {"type": "websocket.close", "code": 4401}


async def test_with_a_token_in_the_first_frame_people_can_chat(open_socket):
    ana, bia = await open_socket(), await open_socket()
    await log_in(ana, "Ana")
    await log_in(bia, "Bia")
    await ana.send_json_to({"text": "oi"})
    message = await bia.receive_json_from(timeout=10)
    assert (message["sender"], message["text"]) == ("Ana", "oi")


async def test_an_app_and_a_page_share_a_room(open_socket, join):
    app, page = await open_socket(), await join("class")
    await log_in(app, "Ana")
    await app.send_json_to({"text": "oi"})
    assert (await page.receive_json_from(timeout=10))["sender"] == "Ana"


async def test_nobody_can_send_under_another_name(open_socket):
    ana = await open_socket()
    await log_in(ana, "Ana")
    await ana.send_json_to({"text": "oi", "sender": "Bia"})
    assert (await ana.receive_json_from(timeout=10))["sender"] == "Ana"


async def test_nothing_is_sent_to_a_client_before_its_token(open_socket, join):
    stranger, ana = await open_socket(), await join("class")
    await ana.send_json_to({"text": "oi"})
    assert await ana.receive_json_from(timeout=10)
    assert await stranger.receive_nothing()


async def test_an_expired_token_is_refused(open_socket, monkeypatch):
    now = signing.time.time()
    with monkeypatch.context() as earlier:
        earlier.setattr(signing.time, "time", lambda: now - VALID_FOR - 1)
        token = token_for("Ana")
    ana = await open_socket()
    await ana.send_json_to({"token": token})
    assert await is_refused(ana, "expired")


@pytest.mark.parametrize(
    "token", ["", "wrong", token_for("Ana") + "x", signing.dumps({"name": "Ana"})]
)
async def test_a_wrong_token_is_refused(open_socket, token):
    ana = await open_socket()
    await ana.send_json_to({"token": token})
    assert await is_refused(ana, "not valid")


@pytest.mark.parametrize(
    "frame", ["oi", "[]", "{}", '{"token": null}', '{"text": "oi"}', "[" * 100_000]
)
async def test_a_frame_before_the_token_is_refused(open_socket, frame):
    ana = await open_socket()
    await ana.send_to(text_data=frame)
    assert await is_refused(ana, "first")


async def test_a_binary_frame_before_the_token_is_refused(open_socket):
    ana = await open_socket()
    await ana.send_to(bytes_data=json.dumps({"token": token_for("Ana")}).encode())
    assert await is_refused(ana, "first")


async def test_after_a_refusal_a_valid_token_comes_too_late(open_socket, join):
    ana, bia = await open_socket(), await join("class")
    await ana.send_json_to({"token": "wrong"})
    await ana.send_json_to({"token": token_for("Ana")})
    await ana.send_json_to({"text": "oi"})
    assert await is_refused(ana, "not valid")
    assert await ana.receive_nothing()
    assert await bia.receive_nothing()


async def test_a_client_that_sends_nothing_is_disconnected(open_socket, monkeypatch):
    monkeypatch.setattr(first_frame, "SECONDS_FOR_TOKEN", 0)
    assert await is_refused(await open_socket(), "No token came")


async def test_a_client_that_leaves_before_its_token_leaves_nothing_behind(open_socket):
    ana = await open_socket()
    await ana.disconnect(timeout=10)
    assert ana.future.done()


async def test_a_token_for_one_purpose_is_no_token_for_another():
    assert signing.loads(token_for("Ana"), salt=SALT) == {"name": "Ana"}
    with pytest.raises(signing.BadSignature):
        signing.loads(token_for("Ana"))


async def test_a_page_of_another_site_still_gets_no_socket_of_a_page():
    evil = [(b"origin", b"http://evil.example")]
    page = WebsocketCommunicator(application, "/ws/chat/class/", headers=evil)
    assert await page.connect(timeout=10) == (False, 1000)


@pytest.fixture
def start_client(tmp_path):
    """Return a function that starts client.py, and yields its lines as they come."""
    clients = []

    def start_client(port, token, room_name="class"):
        url = f"ws://127.0.0.1:{port}/ws/app/{room_name}/"
        command = [sys.executable, "client.py", url, token]
        client = subprocess.Popen(
            command, cwd=PROJECT, stdout=subprocess.PIPE, encoding="utf-8"
        )
        clients.append(client)
        return client

    yield start_client
    for client in clients:
        client.terminate()
        client.communicate()


def test_a_script_gets_messages_with_a_token_that_appears_in_no_log(
    tmp_path, start_client
):
    command = [sys.executable, "manage.py", "token", "Ana"]
    token = subprocess.check_output(command, cwd=PROJECT, text=True).strip()
    with server(tmp_path / "log") as port:
        ana = start_client(port, token)
        assert ana.stdout.readline() == "Connected as Ana.\n"
        with enter(port, "class") as bia:
            say(bia, "oi")
            assert ana.stdout.readline() == "someone: oi\n"
    assert token not in (tmp_path / "log").read_text()


def test_a_script_with_a_wrong_token_ends_and_does_not_try_again(
    tmp_path, start_client
):
    with server(tmp_path / "log") as port:
        stranger = start_client(port, "wrong")
        assert (
            stranger.communicate(timeout=10)[0] == "Refused: The token is not valid.\n"
        )
        assert stranger.returncode == 1


def test_a_script_reconnects_after_a_restart_of_the_server(tmp_path, start_client):
    with server(tmp_path / "log") as port:
        ana = start_client(port, token_for("Ana"))
        assert ana.stdout.readline() == "Connected as Ana.\n"
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    with (tmp_path / "log").open("ab") as log:
        again = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
    try:
        assert ana.stdout.readline() == "Connected as Ana.\n"
    finally:
        again.terminate()
        again.wait()
