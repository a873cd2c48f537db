"""The last step, and those who come to harm it: most of them have never logged in.

Each on the two servers that it is made for. What the answer to one is does not matter
much; the others must not notice, and the log must stay readable.
"""

import asyncio
import sys
import threading
import time
from contextlib import AsyncExitStack, suppress

import pytest
from pages import Page
from people import path_of
from public_site import running_site
from raw_lines import (
    CONTINUATION,
    FINAL,
    PATIENCE,
    PING,
    TEXT,
    close_code_of,
    frame,
    handshake,
    line,
    read_to_the_end,
    status_of,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nginx is elsewhere")

SERVERS = ["daphne", "uvicorn"]
# Enough for fifty round trips in a row; the limits on frames grow with it.
FASTER = {"MESSAGES_PER_SECOND": "100"}
PINGS = frame(first=FINAL | PING) * 8000
PARTS = frame(first=CONTINUATION) * 8000
FLOODS = pytest.mark.parametrize(
    ("opening", "flood"),
    [(b"", PINGS), (frame(b"{", first=TEXT), PARTS)],
    ids=["pings", "parts of a message"],
)


@pytest.fixture(scope="module", params=SERVERS)
def site(request, tmp_path_factory, redis_url):
    """The site on one of the two servers."""
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder, redis_url, server=request.param, **FASTER) as site:
        site.server = request.param
        yield site


on_uvicorn = pytest.mark.parametrize("site", ["uvicorn"], indirect=True)


@pytest.fixture
async def ana_and_bia(site):
    """Two people who talk, on the process that is attacked."""
    path = f"/ws{path_of(site.chat.room())}"
    address = f"ws://127.0.0.1:{site.ports[0]}"
    async with AsyncExitStack() as stack:
        pages = [
            Page([address], path, site.chat.cookies_of(name), site.origin)
            for name in ("ana", "bia")
        ]
        yield [await stack.enter_async_context(page) for page in pages]


@pytest.fixture
def calm(site):
    """After the scene the process runs, and its log has no traceback in it."""
    log = site.processes[0].log
    before = len(log.read_text("utf-8", "replace"))
    yield
    assert not site.processes[0].has_ended()
    said = log.read_text("utf-8", "replace")[before:]
    assert "Traceback" not in said


def stranger(site, path="/ws/chat/class/", cookie="sessionid=" + "a" * 32):
    """Return the handshake of somebody with a cookie that is worth nothing."""
    return handshake(path, f"Origin: {site.origin}", f"Cookie: {cookie}")


async def talk(pages, count, text="round trip"):
    """Have two people talk, one message after the other."""
    ana, bia = pages
    for number in range(count):
        await ana.say(f"{text} {number}")
        await bia.until(lambda number=number: f"{text} {number}" in bia.texts)


def pour(connection, data):
    """Send all of it, then read until the server closes."""
    connection.sendall(data)
    read_to_the_end(connection)


# ---- Those who have not logged in --------------------------------------------------------


@pytest.mark.slow
@FLOODS
async def test_two_strangers_flood_and_others_go_on_talking(
    site, ana_and_bia, calm, opening, flood
):
    is_over = threading.Event()
    got_in = [threading.Event() for _ in range(2)]
    # Nobody floods until both are in: a server that is busy with one may refuse the other.
    both = threading.Barrier(2, timeout=PATIENCE)

    def attack(is_in):
        while not is_over.is_set():
            with suppress(OSError), line(site.ports[0]) as connection:
                connection.sendall(stranger(site))
                if status_of(connection) != 101:
                    continue  # the machine was busy, and the server gave up after five seconds
                if not is_in.is_set():
                    is_in.set()
                    with suppress(threading.BrokenBarrierError):
                        both.wait()
                connection.sendall(opening)
                while not is_over.is_set():
                    connection.sendall(flood)
                    time.sleep(len(flood) / 2.4e6)  # this is the fault

    attackers = [threading.Thread(target=attack, args=[one]) for one in got_in]
    for attacker in attackers:
        attacker.start()
    try:
        for one in got_in:
            assert await asyncio.to_thread(one.wait, PATIENCE)
        await talk(ana_and_bia, 50)
    finally:
        is_over.set()
        both.abort()
        for attacker in attackers:
            attacker.join()
    assert [page.closes for page in ana_and_bia] == [[], []]


@on_uvicorn
@FLOODS
def test_a_stranger_who_floods_is_cut_off_before_all_of_it_is_read(
    site, calm, opening, flood
):
    with line(site.ports[0]) as connection:
        connection.sendall(stranger(site))
        assert status_of(connection) == 101
        # A reset says that the server has thrown away what it had not read.
        with pytest.raises(ConnectionError):
            pour(connection, opening + 30 * flood)


@on_uvicorn
async def test_a_person_who_floods_with_pings_is_cut_off(site, ana_and_bia, calm):
    ana, _ = ana_and_bia
    cookie = ana.headers["Cookie"]
    with line(site.ports[0]) as connection:
        connection.sendall(stranger(site, ana.path, cookie))
        assert status_of(connection) == 101
        with pytest.raises(ConnectionError):
            pour(connection, 30 * PINGS)
    await talk(ana_and_bia, 5)


# ---- Handshakes that no browser makes ----------------------------------------------------


MALFORMED = {
    "half an IPv6 address": ["Origin: http://[::1"],
    "a port beyond all": ["Origin: http://127.0.0.1:99999"],
    "an origin of bytes": [b"Origin: \xff\xfe"],
    "no origin": [],
    "two origins": ["Origin: {own}", "Origin: http://evil.example"],
    "600 headers": ["Origin: {own}", *["X: y"] * 600],
    "a header of 20,000 characters": ["Origin: {own}", "X: " + "y" * 20_000],
    "a version of the future": ["Origin: {own}", "Sec-WebSocket-Version: 99"],
    "a second key": ["Origin: {own}", "Sec-WebSocket-Key: "],
}


@pytest.mark.parametrize("headers", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_handshake_is_refused(site, calm, headers):
    headers = [
        one if isinstance(one, bytes) else one.format(own=site.origin)
        for one in headers
    ]
    with line(site.ports[0]) as connection:
        connection.sendall(handshake("/ws/chat/class/", *headers))
        status = status_of(connection)
    # Under Daphne, a line that is too long ends the connection without an answer.
    assert status in range(400, 500) or (site.server == "daphne" and status is None)


ODD = {
    "bytes in the path": "/ws/chat/%ff%fe/",
    "the character NUL": "/ws/chat/a%00b/",
    "dots": "/ws/chat/a/../b/",
    "10,000 characters": f"/ws/chat/{'a' * 7000}/",
    "right to left": "/ws/chat/%E2%80%AEabc/",
    "half an escape": "/ws/chat/%e/",
    "a place of 5,000 digits": f"/ws/chat/class/?after={'9' * 5000}",
    "a query of bytes": "/ws/chat/class/?after=%ff&epoch=%00",
    "no such address": "/ws/",
}


@pytest.mark.parametrize("path", ODD.values(), ids=ODD)
def test_an_odd_address_gets_an_answer(site, calm, path):
    with line(site.ports[0]) as connection:
        connection.sendall(stranger(site, path))
        assert status_of(connection) == 101
        assert close_code_of(connection) in {4401, 4404}


COOKIES = {
    "the character NUL": 'sessionid="\\000aaaaaaaaaaaaaaaaa"',
    "bytes": "sessionid=\xff\xfe",
    "5,000 characters": "sessionid=" + "a" * 5000,
    "a language of 5,000": "django_language=" + "en-" * 1600,
}


@pytest.mark.parametrize("cookie", COOKIES.values(), ids=COOKIES)
def test_a_forged_cookie_is_told_to_log_in(site, calm, cookie):
    with line(site.ports[0]) as connection:
        connection.sendall(stranger(site, cookie=cookie))
        assert status_of(connection) == 101
        assert close_code_of(connection) == 4401
