"""The exercise: whoever comes while Redis is down is told so."""

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import application

PAGE = [(b"origin", b"http://localhost:8000")]
NOBODY = "redis://127.0.0.1:1"  # nothing listens at port 1


@pytest.fixture
def no_redis(settings):
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"hosts": [NOBODY]}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}


async def test_whoever_comes_without_redis_is_told_why_and_with_which_code(no_redis):
    ana = WebsocketCommunicator(application, "/ws/chat/class/", headers=PAGE)
    connected, _ = await ana.connect()
    assert connected
    assert "Redis" in (await ana.receive_json_from())["error"]
    assert await ana.receive_output() == {"type": "websocket.close", "code": 4503}


async def test_with_redis_everything_is_as_before(join):
    ana = await join("class")
    await ana.send_json_to({"text": "oi"})
    assert (await ana.receive_json_from())["text"] == "oi"
