"""The first WebSockets, spoken to as an ASGI server speaks to them."""

import pytest
from channels.testing import WebsocketCommunicator
from django.test import AsyncClient, Client

from chat import bare_echo
from config.asgi import application

# Before each event, Channels looks at the database connections of the process.
pytestmark = pytest.mark.django_db

OUR_PAGE = [(b"origin", b"http://localhost:8002")]


@pytest.fixture(params=["/ws/echo/bare/", "/ws/echo/"])
async def socket(request):
    """One open socket: first the bare application's, then the consumer's."""
    socket = WebsocketCommunicator(application, request.param, headers=OUR_PAGE)
    assert await socket.connect() == (True, None)
    yield socket
    await socket.disconnect()


async def test_the_echo_sends_back_what_it_is_sent(socket):
    await socket.send_to(text_data="olá 😀")
    assert await socket.receive_from() == "olá 😀"


async def test_the_echo_sends_back_bytes_as_bytes(socket):
    await socket.send_to(bytes_data=b"\x00\xff")
    assert await socket.receive_from() == b"\x00\xff"


async def test_two_sockets_do_not_hear_each_other():
    ana = WebsocketCommunicator(application, "/ws/echo/", headers=OUR_PAGE)
    bia = WebsocketCommunicator(application, "/ws/echo/", headers=OUR_PAGE)
    await ana.connect()
    await bia.connect()
    await ana.send_to(text_data="only to myself")
    assert await ana.receive_from() == "only to myself"
    assert await bia.receive_nothing()
    await ana.disconnect()
    await bia.disconnect()


async def test_an_unknown_address_says_so_and_closes():
    lost = WebsocketCommunicator(application, "/ws/nowhere/", headers=OUR_PAGE)
    await lost.connect()
    assert "/ws/nowhere/" in (await lost.receive_json_from())["error"]
    assert (await lost.receive_output())["code"] == 4404


@pytest.mark.parametrize("origin", [[], [(b"origin", b"http://evil.example")]])
async def test_a_page_of_another_site_gets_no_socket(origin):
    stranger = WebsocketCommunicator(application, "/ws/echo/", headers=origin)
    connected, _ = await stranger.connect()
    assert not connected


async def test_the_bare_application_speaks_nothing_but_websocket():
    with pytest.raises(ValueError, match="not http"):
        await bare_echo.application({"type": "http"}, None, None)


def test_the_echo_page_says_that_wsgi_refuses_sockets():
    assert "both sockets will be refused" in Client().get("/echo/").text


async def test_the_echo_page_has_nothing_to_explain_under_asgi():
    assert "refused" not in (await AsyncClient().get("/echo/")).text


def test_to_wsgi_a_handshake_is_a_page_that_does_not_exist():
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert Client().get("/ws/echo/", headers=handshake).status_code == 404
