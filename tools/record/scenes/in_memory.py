"""What lesson 03 shows."""

from collections.abc import Iterator

from course.changes import Change
from course.processes import is_listening
from tools.record.people import come_in, say, see, wait_for_status
from tools.record.pictures import View
from tools.record.scenes import exhibited, mistake, output, screenshot
from tools.record.stage import Stage, side_by_side, tapped, write_naturally
from tools.record.tap import as_text, frames_as_text

CLOSED = "Disconnected (code 1011)"


@output("03-run-two")
def run_two(stage: Stage) -> str:
    """One step on two server processes."""
    with (
        stage.show("03", 2) as show,
        stage.course(show, "run 03 --servers 2") as terminal,
    ):
        return terminal.started("Quit the server", servers=2).text()


@output("03-handshake")
def handshake(stage: Stage) -> str:
    """The handshake of a room's page."""
    show = stage.at_hand("03")
    with tapped(show) as tap, stage.pages() as [ana]:
        come_in(ana, show.room("class"), "Ana")
        return as_text(tap.line_of("GET /ws/chat/class/")[:2], show.natural)


@output("03-frames")
def frames(stage: Stage) -> str:
    """One message of Ana's: a frame to the server, and a frame from it."""
    show = stage.at_hand("03")
    with tapped(show) as tap, stage.pages() as [ana]:
        come_in(ana, show.room("class"), "Ana")
        say(ana, "oi")
        see(ana, "oi")
        line = tap.line_of("GET /ws/chat/class/")
        return frames_as_text(line, show.natural, 2)


WRONG_TYPE = exhibited("03-wrong-type", "wrong-type")
FORGOTTEN_AWAIT = mistake(
    "03-forgotten-await",
    "03",
    "chat/consumers.py",
    "await self.channel_layer.group_send(self.group_name, event)",
    "self.channel_layer.group_send(self.group_name, event)",
)
mistake(
    "03-only-me",
    "03",
    "chat/consumers.py",
    "await self.channel_layer.group_send(self.group_name, event)",
    "await self.send_json(message)",
)
NO_LAYER = exhibited("03-no-layer", "no-layer")
GROUP_NAME = exhibited("03-group-name", "group-name")


@output("03-wrong-type")
def wrong_type(stage: Stage) -> str:
    """What the server says about an event that no method handles."""
    with stage.broken("03", WRONG_TYPE, 2) as (show, terminal, [ana, bia]):
        come_in(bia, show.room("class"), "Bia")
        come_in(ana, show.room("class"), "Ana")
        say(ana, "oi")
        for page in (ana, bia):
            wait_for_status(page, CLOSED)
        terminal.until("DISCONNECT", times=2)
        lines = terminal.text(since="Exception inside application").splitlines()
        # Daphne looks once a second, so a DISCONNECT may come between the two: put it last.
        return "\n".join(sorted(lines, key=lambda line: "DISCONNECT" in line))


@output("03-forgotten-await")
def forgotten_await(stage: Stage) -> str:
    """The warning of Python, which this server shows only as an error."""
    options = ["-W", "error::RuntimeWarning"]
    with (
        stage.show("03", edit=FORGOTTEN_AWAIT) as show,
        stage.manage(
            show, "runserver", str(show.ports[0]), "--noreload", python=options
        ) as terminal,
        stage.pages() as [ana],
    ):
        # Its last line at the start comes before it listens.
        terminal.process.wait_until(lambda: is_listening(show.ports[0]))
        come_in(ana, show.room("class"), "Ana")
        say(ana, "oi")
        warning = "was never awaited"
        return terminal.until(warning).text(since="Exception ignored", up_to=warning)


@output("03-no-layer")
def no_layer(stage: Stage) -> str:
    """What the server says when the settings name no channel layer."""
    return failed_handshake(stage, NO_LAYER, "class")


@output("03-group-name")
def bad_group_name(stage: Stage) -> str:
    """What the layer says to the name of a room as the name of a group."""
    return failed_handshake(stage, GROUP_NAME, "café")


def failed_handshake(stage: Stage, mistake: Change, room: str) -> str:
    """What the server says when a mistake ends the handshake of a room's page."""
    with stage.broken("03", mistake) as (show, terminal, [ana]):
        ana.goto(show.room(room))
        wait_for_status(ana, "Disconnected (code 1006)")
        return terminal.until("DISCONNECT").text(since="HANDSHAKING")


@output("03-stranger")
def stranger(stage: Stage) -> str:
    """What the server says to a page that is not its own."""
    with (
        stage.show("03") as show,
        stage.course(show, "run 03") as terminal,
        stage.pages() as [caio],
    ):
        terminal.started()
        address = (
            show.room("class").replace("http:", "ws:").replace("/chat/", "/ws/chat/")
        )
        # A page without an address of its own: its origin is "null".
        caio.evaluate("address => { new WebSocket(address); }", address)
        return terminal.until("DISCONNECT").text(since="HANDSHAKING")


@screenshot("03-room")
def room(stage: Stage) -> Iterator:
    """Bia's window: two messages, and nothing else on the wire."""
    show = stage.at_hand("03")
    with stage.pages(2) as [ana, bia]:
        come_in(ana, show.room("class"), "Ana")
        come_in(bia, show.room("class"), "Bia")
        say(ana, "oi, Bia")
        see(bia, "oi, Bia")
        say(bia, "oi, Ana")
        see(bia, "oi, Ana")
        write_naturally(bia, show.natural)
        yield View([bia])


@screenshot("03-two-servers")
def two_servers(stage: Stage) -> Iterator:
    """Ana on the first server, Bia on the second: neither sees the other's words."""
    with stage.served("03", 2) as show, stage.pages(height=400) as [page]:
        ana, bia = side_by_side(page, show.address("chat/"))
        come_in(ana, show.room("class", 0), "Ana")
        come_in(bia, show.room("class", 1), "Bia")
        say(ana, "oi, Bia")
        see(ana, "oi, Bia")
        say(bia, "is anybody here?")
        see(bia, "is anybody here?")
        write_naturally(page, show.natural)
        yield View([page])
