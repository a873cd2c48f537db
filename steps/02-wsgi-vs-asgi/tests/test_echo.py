"""The first WebSockets. WebsocketCommunicator plays the ASGI server and the browser."""

import pytest
from channels.testing import WebsocketCommunicator
from django.test import AsyncClient, Client

from chat import bare_echo
from config.asgi import application

# Channels checks for old database connections before each event, so allow access to them.
pytestmark = pytest.mark.django_db

OUR_PAGE = [(b"origin", b"http://localhost:8002")]


@pytest.fixture(params=["/ws/echo/bare/", "/ws/echo/"])
async def socket(request):
    """An open socket: each test runs with the bare application and with the consumer."""
    socket = WebsocketCommunicator(application, request.param, headers=OUR_PAGE)
    assert await socket.connect() == (True, None)
    yield socket
    await socket.disconnect()


async def test_the_echo_sends_text_back(socket):
    await socket.send_to(text_data="olá 😀")
    assert await socket.receive_from() == "olá 😀"


async def test_the_echo_sends_bytes_back_as_bytes(socket):
    await socket.send_to(bytes_data=b"\x00\xff")
    assert await socket.receive_from() == b"\x00\xff"


async def test_a_socket_receives_nothing_from_another_socket():
    ana = WebsocketCommunicator(application, "/ws/echo/", headers=OUR_PAGE)
    bia = WebsocketCommunicator(application, "/ws/echo/", headers=OUR_PAGE)
    await ana.connect()
    await bia.connect()
    await ana.send_to(text_data="only to myself")
    assert await ana.receive_from() == "only to myself"
    assert await bia.receive_nothing()
    await ana.disconnect()
    await bia.disconnect()


async def test_at_an_unknown_url_the_socket_says_so_and_closes():
    ana = WebsocketCommunicator(application, "/ws/nowhere/", headers=OUR_PAGE)
    await ana.connect()
    assert "/ws/nowhere/" in (await ana.receive_json_from())["error"]
    assert (await ana.receive_output())["code"] == 4404


@pytest.mark.parametrize("origin", [[], [(b"origin", b"http://evil.example")]])
async def test_a_page_of_another_site_gets_no_socket(origin):
    stranger = WebsocketCommunicator(application, "/ws/echo/", headers=origin)
    connected, _ = await stranger.connect()
    assert not connected


async def test_the_bare_application_speaks_only_websocket():
    with pytest.raises(ValueError, match="not http"):
        await bare_echo.application({"type": "http"}, None, None)


def test_under_wsgi_the_echo_page_warns_that_sockets_will_be_refused():
    assert "both sockets will be refused" in Client().get("/echo/").text


async def test_under_asgi_the_echo_page_has_no_warning():
    assert "refused" not in (await AsyncClient().get("/echo/")).text


def test_under_wsgi_a_handshake_gets_a_404():
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert Client().get("/ws/echo/", headers=handshake).status_code == 404
