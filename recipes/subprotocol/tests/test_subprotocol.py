"""A server names one of the subprotocols that a client offers."""

import json

import pytest
from channels.testing import WebsocketCommunicator
from servers import server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from config.asgi import application

PAGE = [(b"origin", b"http://localhost:8000")]


async def answer_to(offered):
    """Return whether a socket is accepted, and with which subprotocol."""
    client = WebsocketCommunicator(
        application, "/ws/chat/class/", headers=PAGE, subprotocols=offered
    )
    answer = await client.connect(timeout=10)
    await client.disconnect(timeout=10)
    return answer


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["chat.v1"], "chat.v1"),
        (["chat.v1", "chat.v2"], "chat.v2"),
        (["chat.v9", "chat.v1"], "chat.v1"),
        ([], None),
    ],
)
async def test_the_server_names_the_best_version_that_was_offered(offered, chosen):
    assert await answer_to(offered) == (True, chosen)


@pytest.mark.parametrize("offered", [["chat.v9"], ["CHAT.V1"], ["", "token"]])
async def test_a_client_that_speaks_no_version_of_ours_is_refused(offered):
    accepted, _ = await answer_to(offered)
    assert not accepted


async def test_people_with_different_versions_share_a_room(join):
    ana, bia = await join("class"), await join("class")
    await ana.send_json_to({"text": "oi"})
    assert (await bia.receive_json_from(timeout=10))["text"] == "oi"


def test_a_real_handshake_carries_the_chosen_version(tmp_path):
    with server(tmp_path / "log") as port:
        url, origin = (
            f"ws://127.0.0.1:{port}/ws/chat/class/",
            f"http://127.0.0.1:{port}",
        )
        offers = ["chat.v9", "chat.v1"]
        with connect(url, origin=origin, subprotocols=offers) as ana:
            assert ana.subprotocol == "chat.v1"
            ana.send(json.dumps({"text": "oi"}))
            assert json.loads(ana.recv(timeout=10))["text"] == "oi"
        with pytest.raises(InvalidStatus) as refused:
            connect(url, origin=origin, subprotocols=["chat.v9"])
        assert refused.value.response.status_code == 403
