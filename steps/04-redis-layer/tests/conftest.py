"""What the tests need: Redis, people in rooms, and two servers."""

import os
import uuid
from contextlib import ExitStack
from urllib.parse import quote

import pytest
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from servers import server

from chat.checks import redis_errors
from config.asgi import application


@pytest.fixture(autouse=True, scope="session")
def redis_is_running():
    """Without Redis, skip the tests and say why. In CI, where none may be skipped, fail."""
    for problem in redis_errors(None):
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"{problem.msg} {problem.hint}")


class Person(WebsocketCommunicator):
    """Somebody with an open socket. Waits longer than Channels' one second."""

    async def connect(self, seconds=10):
        return await super().connect(seconds)

    async def receive_output(self, seconds=1):
        return await super().receive_output(max(seconds, 10))

    async def disconnect(self, code=1000, seconds=10):
        await super().disconnect(code, seconds)


@pytest.fixture
async def join(settings):
    """Return a function that opens a socket into a room: `ana = await join("class")`."""
    # Our own prefix, because a server or another test run may use the same Redis.
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"prefix": f"test-{uuid.uuid4()}"}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    people = []

    async def join(room_name):
        person = Person(
            application,
            f"/ws/chat/{quote(room_name, safe='')}/",
            headers=[(b"origin", b"http://localhost:8000")],
        )
        person.scope["server"] = ("localhost", 8000)  # a real server sets this
        assert await person.connect() == (True, None)
        people.append(person)
        return person

    yield join
    for person in people:
        await person.disconnect()
    await get_channel_layer().close_pools()


@pytest.fixture
def two_servers(tmp_path):
    """Start two real server processes of this project, and yield their ports."""
    with ExitStack() as stack:
        yield [stack.enter_context(server(tmp_path / name)) for name in ("a", "b")]
