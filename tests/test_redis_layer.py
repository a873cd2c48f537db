"""What the pin `redis<8` is for: sockets that stay open, and groups without ghosts."""

import asyncio
from contextlib import ExitStack

import pytest
import redis
from conftest import STEPS
from people import Chat, path_of
from websockets.asyncio.client import connect

from course import compare, redis_server, servers
from course.processes import free_port
from course.servers import HOST

QUIET = 20  # seconds; with redis-py 8, one idle socket is lost every 5
CROWD = 200

OVER_REDIS = [step for step in STEPS if "redis" in step.needs]


@pytest.fixture(scope="module", params=OVER_REDIS, ids=lambda step: step.folder)
def server(request, serve):
    """One server of each step that uses the Redis layer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCKETS_PER_PERSON", str(2 * CROWD))
        with serve(request.param) as (server,):
            yield server


async def test_sockets_that_nobody_uses_stay_open(chat):
    sockets = await crowd(chat, chat.room(), 10)
    closings = [asyncio.create_task(socket.wait_closed()) for socket in sockets]
    closed, _ = await asyncio.wait(
        closings, timeout=QUIET, return_when=asyncio.FIRST_COMPLETED
    )
    assert not closed
    await asyncio.gather(*[socket.close() for socket in sockets])


async def test_two_hundred_who_vanish_at_once_leave_no_ghost(chat, redis_url):
    database = f"{redis_url}/{int(chat.step.number)}"
    with redis.Redis.from_url(database) as layer:
        layer.flushdb()
        sockets = await crowd(chat, chat.room(), CROWD)
        # In the last step, the process is a member for all of its sockets.
        members = 1 if chat.step.can["login"] else CROWD
        await until(lambda: set(groups_in(layer)) == {members})
        for socket in sockets:
            socket.transport.abort()  # no close frame, no goodbye
        await until(lambda: groups_in(layer) == [])


def test_two_redis_servers_share_the_rooms_and_every_room_works(tmp_path):
    last = OVER_REDIS[-1]
    with ExitStack() as stack:
        urls = [stack.enter_context(redis_server.started(tmp_path)) for _ in range(2)]
        folder = tmp_path / "chat"
        compare.copy(last, folder)
        first, second = stack.enter_context(
            servers.serving(
                last,
                [free_port(), free_port()],
                logs=tmp_path,
                redis_url=" ".join(urls),
                folder=folder,
            )
        )
        here, there = (stack.enter_context(Chat(server)) for server in (first, second))
        for number in range(8):
            room = here.room(f"room {number}")
            ana, bia = here.enter(room, "ana"), there.enter(room, "bia")
            ana.say("oi")
            assert bia.hear()["text"] == "oi"
        for url in urls:
            with redis.Redis.from_url(f"{url}/{int(last.number)}") as layer:
                assert groups_in(layer)


async def crowd(chat: Chat, room: str, count: int) -> list:
    """Open so many sockets into a room, all of them of Ana's."""
    address = f"ws://{HOST}:{chat.port}/ws{path_of(room)}"
    headers = chat.cookies_of("ana")
    return [
        await connect(address, origin=chat.home, additional_headers=headers, proxy=None)
        for _ in range(count)
    ]


def groups_in(layer: redis.Redis) -> list[int]:
    """Return how many channels each group has, as the layer keeps them in Redis."""
    return [layer.zcard(key) for key in layer.keys("*:group:*")]


async def until(condition) -> None:
    """Return once a condition holds; fail if it never does."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - Redis does not notify us
            await asyncio.sleep(0.1)
