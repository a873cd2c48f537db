"""Everything at once: fifty people in five rooms, and one fault after the other."""

import asyncio
import html
import json
import random
import re
import signal
import sys
import uuid
from contextlib import AsyncExitStack

import pytest
import redis
from pages import Page
from people import path_of
from public_site import redis_of_our_own, running_site

from course import servers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="nginx is elsewhere"),
]

ROOMS = 5
PEOPLE_IN_EACH = 10
FAULTS_LAST = 60  # seconds
PAUSE = 4  # seconds from one fault to the next
RATE = 40  # messages a second, by all of them

NEWEST = 100  # messages that a page begins with
ROOMS_PAGE = "/admin/chat/room/"

LIFTED = {"MESSAGES_PER_SECOND": "1000", "SOCKETS_PER_PERSON": "1000"}
# As ever; written down so that a run that fails can be had again.
SEED = 20261121

GUESTS = 5  # people whose accounts are deleted, with all that they have said

MAKE_GUESTS = f"""
from django.contrib.auth.models import User
from chat.management.commands.demo import PASSWORD
for number in range({GUESTS}):
    User.objects.create_user(f"guest{{number}}", password=PASSWORD)
"""
DELETE_GUEST = """
from django.contrib.auth.models import User
User.objects.get(username="{name}").delete()
"""
PRINT_MESSAGES = """
import json
from chat.models import Message
found = Message.objects.values_list("room__name", "seq", "text", "cid").order_by("seq")
print(json.dumps(list(found), default=str))
"""


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
            said, pause = [], asyncio.Lock()
            talking = asyncio.create_task(talk(pages, chance, said, pause))
            try:
                await break_everything(site, layer, pages, chance, said, pause)
                assert not talking.done(), talking.exception()
            finally:
                talking.cancel()
            for page in pages:
                await page.until(lambda page=page: not page.outbox)
            # The database may have rooms of other tests, too.
            ours = {room[0].room for room in rooms}
            everything = json.loads(shell(site, PRINT_MESSAGES))
            stored = [one for one in everything if one[0] in ours]
            for room in rooms:
                await agree(room, [one for one in stored if one[0] == room[0].room])
    assert any(page.closes for page in pages)
    # Not one of them is missing, and it wasn't silence that survived.
    assert sorted(text for _, _, text, _ in stored) == sorted(said)
    assert all(room[0].texts for room in rooms)


async def fill(stack, site, number):
    """Let people enter a room, by way of nginx."""
    room = await asyncio.to_thread(site.chat.room, f"room {number}")
    if number == 0:
        await asyncio.to_thread(shell, site, MAKE_GUESTS)
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
    for page in pages:
        page.room, page.lost = room, set()
    return [await stack.enter_async_context(page) for page in pages]


def shell(site, script):
    """Run something in the project, as a person at the server would."""
    return servers.manage(site.folder, site.env, "shell", "--verbosity=0", "-c", script)


async def talk(pages, chance, said, pause):
    """Let somebody say something, again and again; keep a list of it."""
    while True:
        async with pause:
            said.append(f"message {len(said)}")
            await chance.choice(pages).say(said[-1])
        await asyncio.sleep(1 / RATE)


def save_rooms(site, teacher):
    """Open each room in the admin and press Save, some messages later."""
    rooms = sorted(
        set(re.findall(r"/admin/chat/room/\d+/change/", teacher.get(ROOMS_PAGE).text))
    )
    opened = [(room, teacher.get(room)) for room in rooms]
    for room, page in opened:
        answer = teacher.post(room, data=form_in(page.text))
        assert answer.status_code == 302, answer.text


def form_in(page):
    """Return what a browser would send if nobody changed anything in a form."""
    page = re.search(r'<form[^>]* id="room_form".*?</form>', page, re.S)[0]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") not in {"submit", "checkbox"}:
            value = html.unescape(attributes.get("value", ""))
            fields[attributes["name"]] = value
    for name, options in re.findall(r'<select name="(\w+)"(.*?)</select>', page, re.S):
        fields[name] = re.findall(r'<option value="([^"]*)" selected', options)
    return fields


async def come_and_be_deleted(site, page, name):
    """Let a guest say something; then the account is deleted, and with it the message."""
    cookie = await asyncio.to_thread(site.chat.cookies_of, name)
    guest = Page(page.addresses, page.path, cookie, page.origin)
    async with guest:
        await guest.say(f"{name} was here")
        await guest.until(lambda: not guest.outbox)
    await asyncio.to_thread(shell, site, DELETE_GUEST.format(name=name))


async def restore(site, pages, pause, folder):
    """Back up the database, store one message more, and restore the backup."""
    backup = str(folder / f"backup-{uuid.uuid4()}")
    async with pause:  # what is said between the two would be lost, as from any backup
        for page in pages:
            await page.until(lambda page=page: not page.outbox)
        await asyncio.to_thread(servers.manage, site.folder, site.env, "backup", backup)
        known = set(pages[0].acknowledged)
        await pages[0].say("never heard again")
        await pages[0].until(lambda: not pages[0].outbox)
        pages[0].lost |= set(pages[0].acknowledged) - known
        await asyncio.to_thread(
            servers.manage, site.folder, site.env, "restore", "--yes", backup
        )


async def break_everything(site, layer, pages, chance, said, pause_of_all):
    """Do one thing after the other to a chat that people are using meanwhile."""
    teacher = await asyncio.to_thread(site.chat.browser_of, "teacher")
    guests = [f"guest{number}" for number in range(GUESTS)]

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

    async def delete_account():
        if guests:
            page = chance.choice(pages)
            await come_and_be_deleted(site, page, guests.pop())

    faults = [
        lambda: asyncio.to_thread(save_rooms, site, teacher),
        cut_lines,
        delete_account,
        lambda: restore(site, pages, pause_of_all, site.folder),
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


async def agree(room, stored):
    """Wait until all pages of a room show what is stored; once each, in order.

    A page that has started over, because the past has changed, shows the newest ones.
    """
    seqs = [seq for _, seq, _, _ in stored]
    assert seqs == sorted(set(seqs))
    cids = {cid for _, _, _, cid in stored}
    for page in room:
        # "sent" may come before the message itself.
        await page.until(lambda page=page: (page.last or 0) >= seqs[-1])
        assert page.wrong == []
        shown = [message["seq"] for message in page.log]
        assert shown == seqs[-len(shown) :]
        assert len(shown) >= min(len(seqs), NEWEST)
        assert set(page.acknowledged) - cids == page.lost
