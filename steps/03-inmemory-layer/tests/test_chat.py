"""What the chat promises to those who are in a room."""

import json
from urllib.parse import quote

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import application

TOO_LONG = json.dumps({"text": "a" * 10_000})


async def test_everyone_in_the_room_hears_a_message_once(join):
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


async def test_messages_of_one_person_keep_their_order(join):
    ana, bia = await join("class"), await join("class")
    for number in range(20):
        await ana.send_json_to({"text": str(number)})
    heard = [(await bia.receive_json_from())["text"] for _ in range(20)]
    assert heard == [str(number) for number in range(20)]


@pytest.mark.parametrize(
    "room", ["café com leite", "sala 1", "日本語", "😀", "AC/DC", "a" * 300]
)
async def test_any_name_is_a_room(join, room):
    ana, bia = await join(room), await join(room)
    await ana.send_json_to({"text": "oi"})
    assert (await bia.receive_json_from())["room"] == room


@pytest.mark.parametrize("rooms", [("café", "cafe"), ("日本語", "😀")])
async def test_rooms_whose_names_look_alike_to_a_machine_are_two_rooms(join, rooms):
    ana, caio = [await join(room) for room in rooms]
    await ana.send_json_to({"text": "oi"})
    assert await caio.receive_nothing()


async def test_whoever_has_left_hears_nothing_and_hurts_nobody(join):
    ana, bia = await join("class"), await join("class")
    await bia.disconnect()
    await ana.send_json_to({"text": "oi"})
    assert (await ana.receive_json_from())["text"] == "oi"


@pytest.mark.parametrize(
    "frame", ["oi", "[]", "7", "{}", '{"text": 7}', '{"text": " "}', TOO_LONG]
)
async def test_what_is_no_message_is_answered_and_disturbs_nobody(join, frame):
    ana, bia = await join("class"), await join("class")
    await ana.send_to(text_data=frame)
    assert (await ana.receive_json_from())["error"]
    assert await bia.receive_nothing()
    # The socket is still open.
    await ana.send_json_to({"text": "sorry"})
    assert (await bia.receive_json_from())["text"] == "sorry"


async def test_a_binary_frame_is_answered(join):
    ana = await join("class")
    await ana.send_to(bytes_data=b'{"text": "oi"}')
    assert "binary" in (await ana.receive_json_from())["error"]


async def test_a_client_cannot_choose_the_type_of_an_event(join):
    ana = await join("class")
    await ana.send_json_to({"text": "oi", "type": "websocket.disconnect"})
    assert (await ana.receive_json_from())["text"] == "oi"


async def test_an_unknown_address_says_so_and_closes():
    page = [(b"origin", b"http://localhost:8000")]
    lost = WebsocketCommunicator(application, "/ws/nowhere/", headers=page)
    await lost.connect()
    assert "/ws/nowhere/" in (await lost.receive_json_from())["error"]
    assert (await lost.receive_output())["code"] == 4404


@pytest.mark.parametrize("name", ["a/../b", "a//b", "a\0b", "a\u200bb"])
async def test_no_socket_leads_into_a_room_whose_name_is_refused(name):
    page = [(b"origin", b"http://localhost:8000")]
    address = f"/ws/chat/{quote(name, safe='')}/"
    lost = WebsocketCommunicator(application, address, headers=page)
    await lost.connect()
    assert "There is nothing" in (await lost.receive_json_from())["error"]
    assert (await lost.receive_output())["code"] == 4404


@pytest.mark.parametrize("origin", [[], [(b"origin", b"http://evil.example")]])
async def test_a_page_of_another_site_gets_no_socket(origin):
    stranger = WebsocketCommunicator(application, "/ws/chat/class/", headers=origin)
    connected, _ = await stranger.connect()
    assert not connected
    await stranger.disconnect()
