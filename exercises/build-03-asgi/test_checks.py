"""What the ASGI application promises."""

import asyncio

from course.exercise.kit import arrives, expect, load


async def test_pages_are_served():
    """The ASGI application serves pages."""
    application = load("config.asgi", "application")
    scope = {"type": "http", "method": "GET", "path": "/chat/class/"}
    scope |= {"query_string": b"", "headers": [(b"host", b"testserver")]}
    events = asyncio.Queue()
    events.put_nowait({"type": "http.request"})
    answer = []

    async def send(event):
        answer.append(event)

    sentence = "The ASGI application should answer /chat/class/ with the page."
    await arrives(application(scope, events.get, send), sentence)
    status = answer[0]["status"] if answer else None
    expect(status == 200, f"{sentence} The status is {status}.")


async def test_a_socket_is_accepted(opens):
    """Ana's socket is accepted."""
    await opens("Ana")


async def test_the_consumer_is_in_its_file(opens):
    """The consumer is called ChatConsumer."""
    consumer = load("chat.consumers", "ChatConsumer")
    expect(
        hasattr(consumer, "as_asgi"),
        "ChatConsumer in chat/consumers.py should be a class with a base class of"
        " Channels, such as AsyncJsonWebsocketConsumer.",
    )


async def test_sockets_stay_open(opens):
    """Two sockets stay open side by side, and one can leave."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.leaves()
    await bia.hears_nothing("Bia's socket should stay open when Ana leaves.", 0.05)


def test_the_settings_still_fit():
    """Daphne still runs this application."""
    from django.conf import settings

    expect(
        "daphne" in settings.INSTALLED_APPS, "INSTALLED_APPS should still have daphne."
    )
    found = getattr(settings, "ASGI_APPLICATION", None)
    expect(
        found == "config.asgi.application",
        f"ASGI_APPLICATION should still be config.asgi.application, not {found}.",
    )
