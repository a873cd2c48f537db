"""What the project's ASGI application promises: pages and sockets."""

import pytest

from course.exercise.kit import NotYet, ask, expect, load

STRANGER = (b"origin", b"http://evil.example")

# Channels checks for old database connections before it handles a frame.
pytestmark = pytest.mark.django_db


def test_the_server_is_daphne():
    """The server is still Daphne, an ASGI server."""
    from django.conf import settings

    expect(
        any("daphne" in app for app in settings.INSTALLED_APPS),
        "The server should still be Daphne: without its app, `runserver` supports only WSGI.",
    )
    expect(
        getattr(settings, "ASGI_APPLICATION", "") == "config.asgi.application",
        "Daphne should still serve config.asgi.application.",
    )


async def test_the_lobby_is_shown():
    """Ana gets the lobby."""
    status, body = await get("/chat/", "the lobby")
    expect(status == 200, f"Ana should have got the lobby. The status was {status}.")
    expect(
        b"Which room?" in body, "Ana should have got the lobby, but got another page."
    )


async def test_a_room_is_shown():
    """Ana gets the page of a room."""
    status, body = await get("/chat/café/", "the room café")
    expect(
        status == 200, f"Ana should have got the room café. The status was {status}."
    )
    expect("café".encode() in body, "Ana should have got the room café.")


async def test_a_page_that_does_not_exist_is_a_404():
    """A page that doesn't exist is a 404."""
    status, _ = await get("/nowhere/", "a page with the status 404")
    expect(status == 404, f"/nowhere/ should be a 404. The status was {status}.")


async def test_the_sockets_work(opens):
    """The sockets of our own pages work."""
    for path in ("/ws/echo/", "/ws/echo/bare/"):
        sentence = f"Ana's socket at {path} should have been accepted."
        try:
            ana = await opens("Ana", path=path, sentence=sentence)
        except NotYet:
            raise
        except Exception as problem:
            raise NotYet(sentence) from problem
        await ana.says(text="hello")
        await ana.hears(
            "Ana's message should have been sent back to her.", text="hello"
        )


async def test_other_sites_get_no_socket(opens):
    """A page of another site gets no socket."""
    for headers in ((STRANGER,), ()):
        _, answer = await opens.knock("Caio", path="/ws/echo/", headers=headers)
        expect(
            answer["type"] == "websocket.close",
            "A page of evil.example, or a client without an Origin, should have got no"
            f" socket, but the application sent {answer['type']}.",
        )


async def get(path, wanted):
    """Return the status and the body of a page."""
    application = load("config.asgi", "application")
    sentence = f"Ana should have got {wanted}."
    try:
        answer = await ask(application, path, sentence=sentence)
    except NotYet:
        raise
    except Exception as problem:
        raise NotYet(sentence) from problem
    return answer.status, answer.body
