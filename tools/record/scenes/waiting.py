"""What lesson 02 shows."""

from collections.abc import Iterator

from tools.record.people import come_in, post, say, see, wait_for_status
from tools.record.pictures import View
from tools.record.scenes import exhibited, mistake, output, screenshot
from tools.record.stage import Stage, tapped, write_naturally
from tools.record.tap import as_text, frames_as_text

EVENTS = "[name=transport][value=events]"


@output("02-run-wsgi")
def run_over_wsgi(stage: Stage) -> str:
    """The project under a WSGI server."""
    with (
        stage.show("02") as show,
        stage.course(show, "run 02 --wsgi --threads 4") as terminal,
    ):
        return terminal.started("Serving on").text()


@output("02-run")
def run_over_asgi(stage: Stage) -> str:
    """The same project under an ASGI server."""
    with stage.show("02") as show, stage.course(show, "run 02") as terminal:
        return terminal.started("Quit the server").text()


@output("02-events")
def events(stage: Stage) -> str:
    """One answer that stays open, with a message in it."""
    with stage.served("02") as show, tapped(show) as tap, stage.pages() as [bia]:
        come_in(bia, show.room("class"), "Bia")
        bia.locator(EVENTS).check()
        wait_for_status(bia, "an event stream is open")
        post(show.room("class"), "Ana", "oi")
        see(bia, "oi")
        post(show.room("class"), "Ana", "are you there?")
        see(bia, "are you there?")
        line = tap.line_of("GET /events/class/", until="are you there?")
        return as_text(line, show.natural)


@output("02-handshake")
def handshake(stage: Stage) -> str:
    """How a WebSocket begins: a GET, and the answer 101."""
    with stage.served("02") as show, tapped(show) as tap, stage.pages() as [ana]:
        ana.goto(show.address("echo/"))
        wait_for_status(ana, "is open")
        line = tap.line_of("GET /ws/echo/bare/")
        return as_text(line, show.natural)


@output("02-echo-frames")
def echo_frames(stage: Stage) -> str:
    """What Ana sends to her own socket, and what comes back."""
    with stage.served("02") as show, tapped(show) as tap, stage.pages() as [ana]:
        ana.goto(show.address("echo/"))
        wait_for_status(ana, "is open")
        say(ana, "oi")
        ana.locator("#chat-log", has_text="oi").wait_for()
        line = tap.line_of("GET /ws/echo/bare/")
        return frames_as_text(line, show.natural, 2)


@output("02-refused")
def refused(stage: Stage) -> str:
    """What a WSGI server says to a handshake."""
    with (
        stage.show("02") as show,
        stage.course(show, "run 02 --wsgi --threads 4") as terminal,
        stage.pages() as [ana],
    ):
        terminal.started()
        ana.goto(show.address("echo/"))
        wait_for_status(ana, "is closed (code 1006)")
        return terminal.until("WARNING:django.request").text(since="Not Found")


FORGOTTEN_AWAIT = mistake(
    "02-forgotten-await",
    "02",
    "chat/polling.py",
    "stored = await history.store(room_name, server, message)",
    "stored = history.store(room_name, server, message)",
)


@output("02-forgotten-await")
def forgotten_await(stage: Stage) -> str:
    """What the server says when a coroutine is not awaited."""
    with stage.broken("02", FORGOTTEN_AWAIT) as (show, terminal, [ana]):
        come_in(ana, show.room("class"), "Ana")
        say(ana, "oi")
        terminal.until("HTTP POST")
        return terminal.text(since="Internal Server Error", up_to="HTTP POST")


mistake(
    "02-blocked-loop",
    "02",
    "chat/history.py",
    "await notifier.wait(seen, min(left, CHECK_EVERY))",
    "time.sleep(CHECK_EVERY)",
)
NO_WEBSOCKET = exhibited("02-no-websocket", "no-websocket-key")


@output("02-no-websocket")
def no_websocket(stage: Stage) -> str:
    """What the server says when the router does not know the protocol."""
    with stage.broken("02", NO_WEBSOCKET) as (show, terminal, [ana]):
        ana.goto(show.address("echo/"))
        wait_for_status(ana, "is closed (code 1006)")
        return terminal.until("DISCONNECT").text(since="HANDSHAKING")


@screenshot("02-event-stream")
def event_stream(stage: Stage) -> Iterator:
    """Bia's window when an open answer has brought her two messages."""
    with stage.served("02") as show, stage.pages(height=580) as [bia]:
        come_in(bia, show.room("class"), "Bia")
        bia.locator(EVENTS).check()
        wait_for_status(bia, "an event stream is open")
        for text in ("oi, Bia", "are you there?"):
            post(show.room("class"), "Ana", text)
            see(bia, text)
        write_naturally(bia, show.natural)
        yield View([bia])


@screenshot("02-echo")
def echo(stage: Stage) -> Iterator:
    """Ana's window with the two sockets that echo."""
    with stage.served("02") as show, stage.pages() as [ana]:
        ana.goto(show.address("echo/"))
        wait_for_status(ana, "/ws/echo/bare/ is open")
        say(ana, "oi")
        ana.locator("#chat-log", has_text="oi").wait_for()
        ana.locator("#chat-sender-input").select_option("/ws/echo/")
        wait_for_status(ana, "/ws/echo/ is open")
        say(ana, "oi again")
        ana.locator("#chat-log", has_text="oi again").wait_for()
        write_naturally(ana, show.natural)
        yield View([ana])
