"""What the tests need: people in rooms, and two servers."""

from contextlib import ExitStack
from urllib.parse import quote

import pytest
from channels.testing import WebsocketCommunicator
from servers import server

from config.asgi import application


class Person(WebsocketCommunicator):
    """Somebody with an open socket. Waits longer than Channels' one second."""

    async def connect(self, seconds=10):
        return await super().connect(seconds)

    async def receive_output(self, seconds=1):
        return await super().receive_output(max(seconds, 10))

    async def disconnect(self, code=1000, seconds=10):
        await super().disconnect(code, seconds)


@pytest.fixture
async def join():
    """Return a function that opens a socket into a room: `ana = await join("class")`."""
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


@pytest.fixture
def two_servers(tmp_path):
    """Start two real server processes of this project, and yield their ports."""
    with ExitStack() as stack:
        yield [stack.enter_context(server(tmp_path / name)) for name in ("a", "b")]
