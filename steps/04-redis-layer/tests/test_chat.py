"""What the chat promises to the people in a room."""

import json
from urllib.parse import quote

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import application

TOO_LONG = json.dumps({"text": "a" * 10_000})


async def test_everyone_in_the_room_receives_a_message_once(join):
    ana, bia = await join("class"), await join("class")
    await ana.send_json_to({"text": "olá 😀", "sender": "Ana"})
    for person in (ana, bia):
        message = await person.receive_json_from()
        assert (message["sender"], message["text"]) == ("Ana", "olá 😀")
        assert await person.receive_nothing()


async def test_a_message_stays_inside_its_room(join):
    ana, caio = await join("class"), await join("hallway")
    await ana.send_json_to({"text": "oi"})
    assert await caio.receive_nothing()


async def test_a_message_says_where_when_and_which_server(join):
    ana = await join("class")
    await ana.send_json_to({"text": "oi", "sent_at": 1_700_000_000_000})
    message = await ana.receive_json_from()
    assert message["room"] == "class"
    assert message["sent_at"] == 1_700_000_000_000
    assert message["server"].startswith("8000 (pid ")


async def test_messages_from_one_person_keep_their_order(join):
    ana, bia = await join("class"), await join("class")
    for number in range(20):
        await ana.send_json_to({"text": str(number)})
    received = [(await bia.receive_json_from())["text"] for _ in range(20)]
    assert received == [str(number) for number in range(20)]


@pytest.mark.parametrize(
    "room", ["café com leite", "sala 1", "日本語", "😀", "AC/DC", "a" * 300]
)
async def test_a_room_can_have_any_name(join, room):
    ana, bia = await join(room), await join(room)
    await ana.send_json_to({"text": "oi"})
    assert (await bia.receive_json_from())["room"] == room


@pytest.mark.parametrize("rooms", [("café", "cafe"), ("日本語", "😀")])
async def test_names_that_look_alike_in_ascii_are_two_rooms(join, rooms):
    ana, caio = [await join(room) for room in rooms]
    await ana.send_json_to({"text": "oi"})
    assert await caio.receive_nothing()


async def test_the_others_can_go_on_after_somebody_has_left(join):
    ana, bia = await join("class"), await join("class")
    await bia.disconnect()
    await ana.send_json_to({"text": "oi"})
    assert (await ana.receive_json_from())["text"] == "oi"


@pytest.mark.parametrize(
    "frame", ["oi", "[]", "7", "{}", '{"text": 7}', '{"text": " "}', TOO_LONG]
)
async def test_an_invalid_message_gets_an_error_and_disturbs_nobody(join, frame):
    ana, bia = await join("class"), await join("class")
    await ana.send_to(text_data=frame)
    assert (await ana.receive_json_from())["error"]
    assert await bia.receive_nothing()
    # The socket is still open.
    await ana.send_json_to({"text": "sorry"})
    assert (await bia.receive_json_from())["text"] == "sorry"


async def test_a_binary_frame_gets_an_error(join):
    ana = await join("class")
    await ana.send_to(bytes_data=b'{"text": "oi"}')
    assert "binary" in (await ana.receive_json_from())["error"]


async def test_a_client_cannot_choose_the_type_of_an_event(join):
    ana = await join("class")
    await ana.send_json_to({"text": "oi", "type": "websocket.disconnect"})
    assert (await ana.receive_json_from())["text"] == "oi"


async def test_at_an_unknown_url_the_socket_says_so_and_closes():
    page = [(b"origin", b"http://localhost:8000")]
    ana = WebsocketCommunicator(application, "/ws/nowhere/", headers=page)
    await ana.connect()
    assert "/ws/nowhere/" in (await ana.receive_json_from())["error"]
    assert (await ana.receive_output())["code"] == 4404


@pytest.mark.parametrize("name", ["a/../b", "a//b", "a\0b", "a\u200bb"])
async def test_no_socket_leads_into_a_room_whose_name_is_not_allowed(name):
    page = [(b"origin", b"http://localhost:8000")]
    url = f"/ws/chat/{quote(name, safe='')}/"
    ana = WebsocketCommunicator(application, url, headers=page)
    await ana.connect()
    assert "There is nothing" in (await ana.receive_json_from())["error"]
    assert (await ana.receive_output())["code"] == 4404


@pytest.mark.parametrize("origin", [[], [(b"origin", b"http://evil.example")]])
async def test_a_page_of_another_site_gets_no_socket(origin):
    stranger = WebsocketCommunicator(application, "/ws/chat/class/", headers=origin)
    connected, _ = await stranger.connect()
    assert not connected
    await stranger.disconnect()
