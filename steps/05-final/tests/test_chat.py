"""What the chat promises to those who have logged in."""

import json

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)

TOO_LONG = json.dumps({"text": "a" * 10_000})


async def history_of(socket):
    """Return the texts that a page receives when it enters a room."""
    return [
        message["text"] for message in (await socket.receive_json_from())["messages"]
    ]


async def enter(join, room_name, name):
    socket = await join(room_name, name)
    await history_of(socket)
    return socket


async def test_everyone_in_the_room_hears_a_message_once(join, make_room):
    await make_room("class")
    ana, bia = await enter(join, "class", "ana"), await enter(join, "class", "bia")
    await ana.send_json_to({"text": "olá 😀"})
    for person in (ana, bia):
        message = await person.receive_json_from()
        assert (message["sender"], message["text"]) == ("ana", "olá 😀")
        assert await person.receive_nothing()


async def test_a_message_stays_inside_its_room(join, make_room):
    await make_room("class")
    await make_room("hallway")
    ana, caio = await enter(join, "class", "ana"), await enter(join, "hallway", "caio")
    await ana.send_json_to({"text": "oi"})
    assert await caio.receive_nothing()


async def test_whoever_enters_later_reads_what_was_said(join, make_room):
    await make_room("class")
    ana = await enter(join, "class", "ana")
    await ana.send_json_to({"text": "one"})
    await ana.send_json_to({"text": "two"})
    assert (await ana.receive_json_from())["text"] == "one"
    assert (await ana.receive_json_from())["text"] == "two"
    assert await history_of(await join("class", "bia")) == ["one", "two"]


async def test_a_client_cannot_choose_the_type_of_an_event(join, make_room):
    await make_room("class")
    ana = await enter(join, "class", "ana")
    for kind in ("chat.message", "websocket.disconnect", "look.again", 7):
        await ana.send_json_to({"text": "oi", "type": kind})
        assert "type" in (await ana.receive_json_from())["error"]


async def test_nobody_can_speak_in_anothers_name(join, make_room):
    await make_room("class")
    ana = await enter(join, "class", "ana")
    await ana.send_json_to({"text": "oi", "sender": "bia"})
    assert (await ana.receive_json_from())["sender"] == "ana"


async def test_whoever_has_not_logged_in_is_told_so(join, make_room):
    await make_room("class")
    stranger = await join("class")
    assert (await stranger.receive_json_from())["error"] == "Log in first."
    assert (await stranger.receive_output())["code"] == 4401


async def test_a_room_that_nobody_made_is_named(join):
    ana = await join("nowhere", "ana")
    assert "nowhere" in (await ana.receive_json_from())["error"]
    assert (await ana.receive_output())["code"] == 4404


@pytest.mark.parametrize("room", ["café com leite", "sala 1", "日本語", "😀", "AC/DC"])
async def test_any_name_is_a_room(join, make_room, room):
    await make_room(room)
    ana, bia = await enter(join, room, "ana"), await enter(join, room, "bia")
    await ana.send_json_to({"text": "oi"})
    assert (await bia.receive_json_from())["room"] == room


@pytest.mark.parametrize(
    "frame", ["oi", "[]", "7", "{}", '{"text": 7}', '{"text": " "}', TOO_LONG]
)
async def test_what_is_no_message_is_answered_and_disturbs_nobody(
    join, make_room, frame
):
    await make_room("class")
    ana, bia = await enter(join, "class", "ana"), await enter(join, "class", "bia")
    await ana.send_to(text_data=frame)
    assert (await ana.receive_json_from())["error"]
    assert await bia.receive_nothing()
    # The socket is still open.
    await ana.send_json_to({"text": "sorry"})
    assert (await bia.receive_json_from())["text"] == "sorry"


async def test_an_unknown_address_says_so_and_closes():
    page = [(b"origin", b"http://localhost:8000")]
    lost = WebsocketCommunicator(application, "/ws/nowhere/", headers=page)
    await lost.connect()
    assert "/ws/nowhere/" in (await lost.receive_json_from())["error"]
    assert (await lost.receive_output())["code"] == 4404


@pytest.mark.parametrize("origin", [[], [(b"origin", b"http://evil.example")]])
async def test_a_page_of_another_site_gets_no_socket(origin):
    stranger = WebsocketCommunicator(application, "/ws/chat/class/", headers=origin)
    connected, _ = await stranger.connect()
    assert not connected
    await stranger.disconnect()
