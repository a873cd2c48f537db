"""What the pages about choosing, upgrading and hosting show."""

import contextlib
import sys
from collections.abc import Iterator

from course.servers import without_proxy
from tools.record.laid import laid
from tools.record.scenes import output
from tools.record.scenes.many_sockets import listening, nginx
from tools.record.stage import Show, Stage, retried_if_late
from tools.record.terminal import Terminal

IDLE = "idle-timeouts"
DAPHNE = "python -m daphne {} -p 8003 config.asgi:application"
RARE_PINGS = ("--ping-interval", "60")
PINGS = ("--ping-interval", "1")


@output("upgrade-no-http")
def no_http(stage: Stage) -> str:
    """The last line that a server logs for a page, with a router of before Channels 4."""
    with stage.show("03") as show:
        asgi = show.folder / "config" / "asgi.py"
        text = asgi.read_text("utf-8")
        route = '        "http": ASGIStaticFilesHandler(django_application),\n'
        assert route in text
        asgi.write_text(text.replace(route, ""), "utf-8")
        with daphne(stage, show) as terminal:
            with contextlib.suppress(OSError):  # urllib's error for the status 500
                without_proxy.open(show.address("chat/"), timeout=10)
            terminal.until("ValueError: ")
            return line_of(terminal, "ValueError: ")


@output("choosing-webtransport")
def webtransport(stage: Stage) -> str:
    """What Django answers to a connection that is neither HTTP nor a WebSocket."""
    script = (
        "from config.asgi import django_application as application\n"
        'application({"type": "webtransport"}, None, None).send(None)'
    )
    with stage.show("02") as show:
        command = [sys.executable, "-c", script]
        env = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        with Terminal(
            "python", command, show.folder, show.natural, stage.log(), env
        ) as terminal:
            return line_of(terminal.to_the_end(), "ValueError: ")


@output("hosting-idle", varies=True)
def idle(stage: Stage) -> str:
    """A socket that says nothing, through a proxy that closes those: with pings, and with rare ones."""
    without, their = retried_if_late(
        lambda: through_nginx(stage, RARE_PINGS),
        lambda found: "closed after 3" in found[0],
    )
    with_pings, ours = retried_if_late(
        lambda: through_nginx(stage, PINGS), lambda found: "still open" in found[0]
    )
    assert "closed after 3" in without, without
    assert "with code 1006" in without, without
    assert "still open after 8 seconds" in with_pings
    return f"$ {their}\n{without}\n\n$ {ours}\n{with_pings}"


@output("hosting-websocket-timeout", varies=True)
def websocket_timeout(stage: Stage) -> str:
    """What Daphne does to a socket that is open for longer than its option allows."""
    with laid(stage, IDLE) as show:
        options = ("--websocket_timeout", "3", *PINGS)
        with daphne(stage, show, *options) as server:
            said = retried_if_late(
                lambda: opened(stage, show, 0), lambda text: "closed after" in text
            )
    assert "closed after" in said
    return f"$ {server.typed}\n{said}"


def through_nginx(stage: Stage, options: tuple[str, ...]) -> tuple[str, str]:
    """Return what the client prints, and the command that started Daphne."""
    with (
        laid(stage, IDLE, 2) as show,
        daphne(stage, show, *options) as server,
        nginx(stage, show),
    ):
        return opened(stage, show, 1), server.typed


@contextlib.contextmanager
def daphne(stage: Stage, show: Show, *options: str) -> Iterator[Terminal]:
    """Run Daphne for as long as the block."""
    port = show.ports[0]
    show.natural.ports[port] = 8003
    typed = DAPHNE.format(" ".join(options)).replace("  ", " ")
    command = [sys.executable, "-m", "daphne", *options, "-p", str(port)]
    command += ["config.asgi:application"]
    terminal = Terminal(typed, command, show.folder, show.natural, stage.log(), {})
    with listening(terminal, port) as running:
        yield running


def opened(stage: Stage, show: Show, index: int) -> str:
    """Run the recipe's script against one of the servers; return what it prints."""
    port = show.ports[index]
    usual = show.natural.ports[port]
    typed = f"python idle.py ws://127.0.0.1:{usual}/ws/chat/class/ 8"
    command = [sys.executable, "idle.py", f"ws://127.0.0.1:{port}/ws/chat/class/", "8"]
    client = Terminal(typed, command, show.folder, show.natural, stage.log(), {})
    with client as terminal:
        return terminal.to_the_end().text()


def line_of(terminal: Terminal, start: str) -> str:
    """Return the first line that begins so."""
    lines = terminal.printed.splitlines()
    return next(line for line in lines if line.startswith(start))
