"""What an application that speaks HTTP in bare ASGI promises."""

import asyncio

import pytest

from course.exercise.kit import ask, expect, is_header, load

REQUESTS = [("GET", "/hello/"), ("GET", "/any/path/"), ("POST", "/hello/")]


@pytest.fixture
def application():
    """The student's application."""
    return load("chat.bare_hello", "application")


async def test_the_status_is_200(application):
    """A request gets an answer with the status 200."""
    answer = await ask(application, "/hello/")
    kinds = [event.get("type") for event in answer.events]
    expect(
        kinds[0] == "http.response.start",
        "The answer should begin with http.response.start, before the body."
        f" The application sent {' and '.join(map(str, kinds))}.",
    )
    expect(
        answer.status == 200,
        f"The status should be the number 200, not {answer.status!r}.",
    )


async def test_the_body_is_hello(application):
    """The body is `hello`."""
    answer = await ask(application, "/hello/")
    for event in answer.events[1:]:
        body = event.get("body", b"")
        expect(isinstance(body, bytes), f"The body should be in bytes, not {body!r}.")
    expect(answer.body == b"hello", f"The body should be b'hello', not {answer.body}.")


async def test_it_is_plain_text(application):
    """A header says that it's plain text."""
    answer = await ask(application, "/hello/")
    headers = answer.events[0].get("headers", [])
    expect(
        all(is_header(header) for header in headers),
        f"The headers should be a list of pairs of bytes, not {headers!r}.",
    )
    found = answer.headers.get(b"content-type", b"")
    expect(
        found.split(b";")[0].strip().lower() == b"text/plain",
        f"The header content-type should be text/plain, not {found.decode()!r}.",
    )


async def test_every_request_gets_it(application):
    """Other paths and methods get the same answer."""
    for method, path in REQUESTS:
        answer = await ask(application, path, method=method)
        expect(
            (answer.status, answer.body) == (200, b"hello"),
            f"{method} {path} should have got 200 and b'hello',"
            f" not {answer.status} and {answer.body!r}.",
        )


async def test_an_upload_in_parts_gets_one_answer(application):
    """A request whose body comes in three parts gets one answer."""
    parts = (b"one", b"two", b"three")
    answer = await ask(application, "/hello/", method="POST", parts=parts)
    starts = [one for one in answer.events if one["type"] == "http.response.start"]
    expect(
        len(starts) == 1 and answer.body == b"hello",
        "A request whose body arrived in three parts should have got one answer."
        f" The application began {len(starts)}, with the body {answer.body!r} in all.",
    )


async def test_it_refuses_other_types(application):
    """Other types of connections are refused with an exception."""
    for kind in ("websocket", "lifespan", "carrier-pigeon"):
        said = await refuses(application, kind)
        expect(
            not said,
            f'With the scope type "{kind}", the application should have raised an'
            f" exception. {said}",
        )


async def refuses(application, kind):
    """Return what the application does with a connection of another type, or ""."""
    sent = []

    async def receive():
        if sent:
            await asyncio.Event().wait()
        return {"type": f"{kind}.{'startup' if kind == 'lifespan' else 'connect'}"}

    async def send(event):
        sent.append(event["type"])

    try:
        async with asyncio.timeout(0.2):
            await application({"type": kind, "path": "/"}, receive, send)
    except TimeoutError:
        return f"It sent {sent} and waits."
    except Exception:
        return f"It sent {sent} before." if sent else ""
    if sent == ["websocket.close"]:
        return ""  # that refuses a socket too
    return f"It sent {sent}." if sent else "It returned."
