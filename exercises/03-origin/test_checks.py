"""What the check of the origin promises."""

from asgiref.testing import ApplicationCommunicator

from course.exercise.kit import NotYet, expect, load

OURS = ["http://localhost:8000", "http://127.0.0.1:8203", "http://[::1]:8090"]
LOOKALIKES = [
    "http://localhost.evil.example",
    "http://evil-localhost",
    "http://evil.example:8000",
    "http://127.0.0.1.evil.example:8000",
    "https://localhost-evil.example",
]


def headers(origin=None):
    """Return what a browser sends from a page of this origin, to our own host."""
    sent = [(b"host", b"localhost:8000"), (b"cookie", b"theme=dark")]
    if origin is not None:
        sent.append((b"origin", origin.encode()))
    return tuple(sent)


async def refused(opens, origin):
    """Return Caio, whose handshake from this origin was refused, as it should be."""
    caio, answer = await opens.knock("Caio", headers=headers(origin))
    where = f"with Origin: {origin}" if origin else "without an Origin"
    expect(
        answer["type"] == "websocket.close",
        f"Caio's handshake {where} should have been refused."
        f" The application sent {answer['type']}.",
    )
    return caio


async def test_our_own_pages_get_a_socket(opens):
    """The chat's own pages get a socket."""
    for origin in OURS:
        ana = await opens(
            "Ana",
            headers=headers(origin),
            sentence=f"A page from {origin} should have got a socket.",
        )
        await ana.says(text="hi")
        await ana.hears("Ana should have received her own message.", text="hi")
        await ana.leaves()


async def test_pages_are_served():
    """The server still serves pages."""
    page = ApplicationCommunicator(
        load("config.asgi", "application"),
        {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/chat/",
            "query_string": b"",
            "headers": [(b"host", b"localhost:8000")],
            "server": ("localhost", 8000),
            "client": ("127.0.0.1", 50000),
        },
    )
    sentence = "GET /chat/ should have got the lobby."
    await page.send_input({"type": "http.request"})
    try:
        answer = await page.receive_output(5)
    except Exception as problem:
        raise NotYet(sentence) from problem
    expect(answer.get("status") == 200, f"{sentence} It got {answer.get('status')}.")
    while (await page.receive_output(5)).get("more_body"):
        pass
    await page.wait(5)


async def test_a_page_of_another_site_is_refused(opens):
    """A page of another site gets no socket."""
    await refused(opens, "http://evil.example")


async def test_a_lookalike_is_refused(opens):
    """A site whose name only looks like ours gets no socket."""
    for origin in LOOKALIKES:
        await refused(opens, origin)


async def test_a_file_is_refused(opens):
    """A page that has no site, such as a file, gets no socket."""
    for origin in ("null", "file://"):
        await refused(opens, origin)


async def test_no_origin_is_refused(opens):
    """A handshake without an Origin is refused."""
    await refused(opens, None)


async def test_nothing_of_the_room_reaches_a_refused_socket(opens):
    """A refused socket receives nothing from the room."""
    ana = await opens("Ana", headers=headers(OURS[0]))
    caio = await refused(opens, "http://evil.example")
    await ana.says(text="hi")
    await ana.hears("Ana should have received her own message.", text="hi")
    sentence = "A refused socket should receive nothing from the room."
    await caio.hears_nothing(sentence, seconds=0.05)


async def test_a_refusal_leaves_no_traceback(opens):
    """A refusal leaves no traceback in the server's log."""
    caio = await refused(opens, "http://evil.example")
    try:
        await caio.leaves(1006)
    except Exception as problem:
        raise NotYet(
            "After a refusal, the socket is gone, so disconnect() runs. It failed."
        ) from problem
