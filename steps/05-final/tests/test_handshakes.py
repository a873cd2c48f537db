"""What a handshake carries: an origin, cookies, a language, a place in the history.

Browsers send these well-formed; anybody else sends whatever they like.
"""

import asyncio

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chat.handshake import language_of, read_place, session_key_in
from config.asgi import application
from tests.sockets import PATIENCE, Socket

pytestmark = pytest.mark.django_db(transaction=True)

OWN = b"http://localhost:8000"
NUMBERS = {
    "5,000 digits": "9" * 5000,
    "a number beyond JavaScript's": str(2**53),
    "a negative number": "-1",
    "a fraction": "1.5",
    "digits of another script": "٣",
    "a raised digit": "²",
    "a number with white space": " 7",
    "a number with underscores": "1_0",
    "nothing": "",
    "words": "seven",
    "the character NUL": "\x00",
}


async def handshake(path="/ws/chat/class/", query=b"", headers=(), origin=OWN):
    """Open a socket with a handshake of our own; the caller disconnects it."""
    socket = Socket(application, path, headers=[(b"origin", origin), *headers])
    socket.scope["query_string"] = query
    socket.scope["server"] = ("localhost", 8000)
    return socket, await socket.connect(PATIENCE)


@pytest.mark.parametrize("after", NUMBERS.values(), ids=NUMBERS)
async def test_an_invalid_place_counts_as_no_place(join, make_room, after):
    await make_room("class")
    ana = await join("class", "ana", after=after)
    assert (await ana.wait_for("sync"))["reset"]


@pytest.mark.parametrize(
    "query",
    [
        b"after=%zz",
        b"after=1&after=2",
        b"\xff\xfe",
        b"after=%FF",
        b"&&&=;",
        b"a" * 9000,
    ],
)
async def test_an_invalid_query_does_no_harm(people, make_room, query):
    place = read_place(query)
    assert place[0] in {None, 1}


ORIGINS = {
    "half an IPv6 address": b"http://[::1",
    "brackets": b"http://]/",
    "a port beyond all": b"http://localhost:99999",
    "a port that is a word": b"http://localhost:port",
    "bytes": b"http://\xff\xfe",
    "a letter that becomes a slash": "http://a℀b".encode(),
    "nothing": b"",
    "null": b"null",
    "evil": b"http://evil.example",
}


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
@pytest.mark.parametrize("allowed", [["localhost"], ["http://localhost:8000"]])
async def test_a_malformed_origin_is_refused_like_a_wrong_one(
    origin, allowed, monkeypatch
):
    validator = application.application_mapping["websocket"]
    monkeypatch.setattr(validator, "allowed_origins", allowed)
    socket, (accepted, _) = await handshake(origin=origin)
    assert not accepted
    await asyncio.wait_for(socket.future, PATIENCE)  # and nothing waits for its end


COOKIES = {
    "another one's, so it seems": b"sessionid=" + b"a" * 32,
    "one with the character NUL": b'sessionid="\\000aaaaaaaaaaaaaaaaaaaa"',
    "a huge one": b"sessionid=" + b"a" * 60_000,
    "bytes": b"sessionid=\xff\xfe\xfd; \xff",
    "an empty one": b"sessionid=",
    "two": b"sessionid=a; sessionid=b",
    "letters of another script": "sessionid=ключ".encode(),
    "no cookie at all": b";;;===",
}


@pytest.mark.parametrize("cookie", COOKIES.values(), ids=COOKIES)
async def test_a_forged_cookie_is_told_to_log_in(make_room, cookie, caplog):
    await make_room("class")
    socket, (accepted, _) = await handshake(headers=[(b"cookie", cookie)])
    assert accepted
    assert await socket.refused() == ["logged_out"]
    assert await socket.is_closed_with() == 4401
    await socket.disconnect()
    assert not caplog.records


async def test_the_cookie_of_somebody_else_opens_no_room_of_mine(
    people, make_room, join
):
    """With Caio's session you are Caio, so Ana's private room stays closed."""
    room = await make_room("ours")
    room.kind = room.Kind.PRIVATE
    await room.asave()
    caio = await join("ours", "caio")
    assert await caio.refused() == ["not_found"]
    assert await caio.is_closed_with() == 4404


NAMES = {
    "the character NUL": "a\x00b",
    "dots": "a/../b",
    "dots alone": "..",
    "slashes": "a//b",
    "10,000 characters": "a" * 10_000,
    "right to left": "\u202eabc\u200f",
    "a line break": "a\nb",
    "emoji": "😀",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_name_without_a_room_gets_the_answer_for_an_unknown_room(
    join, name, caplog
):
    ana = await join(name, "ana")
    assert await ana.refused() == ["not_found"]
    assert await ana.is_closed_with() == 4404
    assert not [one for one in caplog.records if one.levelname != "INFO"]


HEADERS = st.binary(max_size=300) | st.text(max_size=100).map(str.encode)


@given(accept=HEADERS, cookie=st.text(), query=st.binary(max_size=300))
@example(accept=b"a" * 9000, cookie="x" * 9000, query=b"after=" + b"9" * 5000)
@example(accept=b"", cookie="EN", query=b"")
@example(accept=b"en-" * 3000, cookie="en-" + "x" * 600, query=b"after=%")
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_handshake_can_be_read(accept, cookie, query):
    scope = {
        "headers": [(b"accept-language", accept)],
        "cookies": {"django_language": cookie, "sessionid": cookie},
    }
    assert language_of(scope) in {"en", "pt-br"}
    assert all(place is None or place < 2**53 for place in read_place(query))
    key = session_key_in(scope["cookies"])
    assert key is None or key.isascii()
