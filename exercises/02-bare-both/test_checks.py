"""What one application for a page and its socket promises."""

import asyncio

import pytest

from course.exercise.kit import ask, expect, is_header, load

TEXTS = ["hello", "olá 😀", "third"]
LIFESPAN = {
    "lifespan.startup": "lifespan.startup.complete",
    "lifespan.shutdown": "lifespan.shutdown.complete",
}


@pytest.fixture
def application():
    """The student's application."""
    return load("chat.bare_both", "application")


@pytest.fixture
def enter(opens, application):
    """Return what opens a socket to it."""
    return lambda name: opens(name, path="/both/", app=application)


async def test_the_page_is_served(application):
    """A browser gets the page."""
    answer = await ask(
        application, "/both/", sentence="A browser should have got the whole page."
    )
    first = answer.events[0].get("type")
    expect(
        first == "http.response.start",
        f"The answer should begin with http.response.start, not {first}.",
    )
    expect(answer.status == 200, f"The status should be 200, not {answer.status!r}.")
    for event in answer.events[1:]:
        body = event.get("body", b"")
        expect(
            isinstance(body, bytes),
            f"The body should be in bytes, not a {type(body).__name__}.",
        )
    page = load("chat.bare_both", "PAGE")
    page = page.encode() if isinstance(page, str) else page
    expect(answer.body == page, f"The body should be PAGE, not {answer.body[:40]!r}….")


async def test_the_page_is_html(application):
    """A header says that it's HTML."""
    answer = await ask(application, "/both/")
    headers = list(answer.events[0].get("headers", []))
    expect(
        all(is_header(header) for header in headers),
        f"The headers should be a list of pairs of bytes, not {headers!r}.",
    )
    found = answer.headers.get(b"content-type", b"").decode("latin-1")
    expect(
        found.replace(" ", "").lower() == "text/html;charset=utf-8",
        f"The content-type should be text/html; charset=utf-8, not {found!r}.",
    )


async def test_the_socket_is_accepted(enter):
    """A socket is accepted."""
    await enter("Ana")


async def test_a_text_comes_back(enter):
    """Ana's text is sent back to her."""
    ana = await enter("Ana")
    await echoes(ana, "hello", f"Ana's text should have been sent back: {'hello'!r}.")


async def test_every_frame_comes_back(enter):
    """All of Ana's texts are sent back, one after the other."""
    ana = await enter("Ana")
    for number, text in enumerate(TEXTS, 1):
        await echoes(ana, text, f"Ana's text no. {number} should have been sent back.")


async def test_bytes_come_back_as_bytes(enter):
    """Ana's bytes are sent back as bytes."""
    ana = await enter("Ana")
    for data in (b"\0\xff", b"in UTF-8 too"):
        await echoes(ana, data, f"Ana's {data!r} should have been sent back as bytes.")
    await echoes(ana, "text", "Ana's text after it should have been sent back as text.")


async def test_the_other_key_may_be_none(enter):
    """Frames are sent back, even if their event has both keys, one of them with None."""
    ana = await enter("Ana")
    for frame in ("hello", b"\0\xff"):
        sentence = (
            f"{frame!r} should have been sent back: the event's other key was None."
        )
        await echoes(ana, frame, sentence, both_keys=True)


async def test_two_sockets_at_once(enter):
    """Bia gets nothing of what Ana sends."""
    ana, bia = await enter("Ana"), await enter("Bia")
    await echoes(ana, "from Ana", "Ana's text should have been sent back.")
    await echoes(
        bia, "from Bia", "Bia's text should have been sent back, and only hers."
    )


async def test_the_call_ends_with_the_socket(enter):
    """When Ana leaves, the call returns."""
    for frames in ([], ["hello"]):
        ana = await enter("Ana")
        for frame in frames:
            await echoes(ana, frame, "Ana's text should have been sent back.")
        await ana.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait([ana.socket.future], timeout=0.5)
        expect(
            ana.socket.future.done(),
            "Ana's socket has closed, so the call should have returned, but it's still"
            " running.",
        )
        await ana.socket.future  # raises what ended it


async def test_an_upload_gets_one_answer(application):
    """A request whose body comes in parts gets one answer."""
    answer = await ask(application, "/both/", method="POST", parts=(b"a", b"b", b"c"))
    starts = [one for one in answer.events if one["type"] == "http.response.start"]
    expect(
        len(starts) == 1,
        "A request whose body arrived in three parts should have got one answer, not"
        f" {len(starts)}.",
    )


async def test_other_types_are_refused(application):
    """Other types of connections, such as lifespan, are refused."""
    for kind in ("lifespan", "carrier-pigeon"):
        said = await refusal(application, kind)
        expect(
            not said,
            f'With the scope type "{kind}", the application should have raised an'
            f" exception. {said}",
        )


async def echoes(person, frame, sentence, both_keys=False):
    """Send a frame; it must come back as what it was."""
    kind, other = ("text", "bytes") if isinstance(frame, str) else ("bytes", "text")
    event = {"type": "websocket.receive", kind: frame}
    await person.socket.send_input(event | ({other: None} if both_keys else {}))
    answer = await person.event(sentence)
    found = {key: answer[key] for key in (kind, other) if answer.get(key) is not None}
    expect(
        answer["type"] == "websocket.send" and found == {kind: frame},
        f"{sentence} The application sent {answer}.",
    )


async def refusal(application, kind):
    """Return what's wrong with how another type of connection ends, or ""."""
    events = list(LIFESPAN) if kind == "lifespan" else [f"{kind}.connect"]
    sent = []

    async def receive():
        if not events:
            await asyncio.Event().wait()
        return {"type": events.pop(0)}

    async def send(event):
        sent.append(event["type"])

    try:
        async with asyncio.timeout(0.3):
            await application({"type": kind}, receive, send)
    except TimeoutError:
        return f"It sent {sent} and is still waiting."
    except Exception:
        return f"It sent {sent} before." if sent else ""
    if kind == "lifespan" and sent == list(LIFESPAN.values()):
        return ""  # it speaks lifespan, which is fine too
    return f"It sent {sent}." if sent else "It returned."
