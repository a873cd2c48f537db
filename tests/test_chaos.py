"""Everything at once: fifty people in five rooms, and one fault after the other."""

import asyncio
import random
import signal
import sys
from contextlib import AsyncExitStack

import pytest
import redis
from pages import Page
from people import path_of
from public_site import redis_of_our_own, running_site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="nginx is elsewhere"),
]

ROOMS = 5
PEOPLE_IN_EACH = 10
FAULTS_LAST = 60  # seconds
PAUSE = 4  # seconds from one fault to the next
RATE = 40  # messages a second, by all of them

LIFTED = {"MESSAGES_PER_SECOND": "1000", "SOCKETS_PER_PERSON": "1000"}
# As ever; written down so that a run that fails can be had again.
SEED = 20261121


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_whatever_breaks_every_message_is_there_once_in_one_order_for_all(
    server, tmp_path, request
):
    env = LIFTED
    if server == "uvicorn":
        env = env | {"DATABASE_URL": request.getfixturevalue("postgres").url}
    chance = random.Random(SEED)
    with (
        redis_of_our_own(tmp_path) as layer,
        running_site(tmp_path, layer.url, server=server, **env) as site,
    ):
        async with AsyncExitStack() as stack:
            rooms = await asyncio.gather(
                *[fill(stack, site, number) for number in range(ROOMS)]
            )
            pages = [page for room in rooms for page in room]
            said = []
            talking = asyncio.create_task(talk(pages, chance, said))
            try:
                await break_everything(site, layer, pages, chance, said)
                assert not talking.done(), talking.exception()
            finally:
                talking.cancel()
            for room in rooms:
                await agree(room)
    assert any(page.closes for page in pages)
    # Not one of them is missing, and it wasn't silence that survived.
    assert sorted(text for room in rooms for text in room[0].texts) == sorted(said)
    assert all(room[0].texts for room in rooms)


async def fill(stack, site, number):
    """Let people enter a room, by way of nginx."""
    room = await asyncio.to_thread(site.chat.room, f"room {number}")
    names = ("ana", "bia", "caio")
    cookies = [site.chat.cookies_of(name) for name in names]
    pages = [
        Page(
            [site.origin.replace("http", "ws")],
            f"/ws{path_of(room)}",
            cookies[index % 3],
            site.origin,
        )
        for index in range(PEOPLE_IN_EACH)
    ]
    return [await stack.enter_async_context(page) for page in pages]


async def talk(pages, chance, said):
    """Let somebody say something, again and again; keep a list of it."""
    while True:
        said.append(f"message {len(said)}")
        await chance.choice(pages).say(said[-1])
        await asyncio.sleep(1 / RATE)


async def break_everything(site, layer, pages, chance, said):
    """Do one thing after the other to a chat that people are using meanwhile."""

    def forget():
        with redis.Redis.from_url(layer.url) as database:
            database.flushall()

    async def restart(index, how):
        site.end(index, how)
        await asyncio.to_thread(site.start_again, index)

    async def pause(process, seconds):
        process.popen.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        process.popen.send_signal(signal.SIGCONT)

    async def without_redis(seconds):
        layer.stop()
        await asyncio.sleep(seconds)
        layer.__enter__()

    async def cut_lines():
        for page in chance.sample(pages, len(pages) // 3):
            if page.socket:
                page.socket.transport.abort()

    faults = [
        cut_lines,
        lambda: asyncio.to_thread(forget),
        lambda: restart(0, signal.SIGTERM),
        lambda: without_redis(0.1),
        lambda: restart(1, signal.SIGKILL),
        lambda: pause(layer, 3),
        lambda: pause(site.processes[0], 2),
        cut_lines,
        lambda: without_redis(5),
        lambda: restart(0, signal.SIGKILL),
    ]
    async with asyncio.timeout(3 * FAULTS_LAST):
        ends = asyncio.get_running_loop().time() + FAULTS_LAST
        while asyncio.get_running_loop().time() < ends:
            before = len(said)
            await faults[0]()
            faults.append(faults.pop(0))
            await asyncio.sleep(PAUSE)
            assert len(said) > before
    layer.wait_until(layer.is_up)


async def agree(room):
    """Wait until all pages of a room show the same; it must be all, once, in order."""
    for page in room:
        await page.until(lambda page=page: not page.outbox)
    said = [cid for page in room for cid in page.acknowledged]
    # "sent" may come before the message itself.
    for page in room:
        await page.until(lambda page=page: (page.last or 0) >= len(said))
    for page in room:
        assert page.wrong == []
        assert [message["seq"] for message in page.log] == [*range(1, len(said) + 1)]
        assert page.texts == room[0].texts
    assert sorted(message["cid"] for message in room[0].log) == sorted(said)
