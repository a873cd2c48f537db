"""What the page about the number of sockets shows."""

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator

from course.processes import is_listening
from tools.record.laid import laid
from tools.record.scenes import output
from tools.record.stage import MissingProgram, Show, Stage
from tools.record.terminal import Terminal

RECIPE = "how-many-sockets"
ROOM = "ws/chat/class/"
FULL = "worker_connections are not enough, reusing connections"
LIMITED = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]


@output("sockets-ulimit", varies=True)
def too_few_files(stage: Stage) -> str:
    """80 sockets to a server that may open 64 files: what both sides print."""
    with laid(stage, RECIPE) as show, daphne(stage, show, LIMITED) as server:
        port = show.ports[0]
        client = opened_sockets(stage, show, port)
        # Its access log has a line for each open socket, and nothing about the others.
        is_open = int(re.search(r"(\d+) of 80", client)[1])
        server.until("WSCONNECT ", times=is_open)
        assert server.printed.count("WSCONNECT ") == is_open < 80
        said = [line for line in server.text().splitlines() if '"WS' not in line]
        return "\n".join([*said, "", client])


@output("sockets-nginx", varies=True)
def too_few_connections(stage: Stage) -> str:
    """80 sockets through an nginx that may have 64 connections."""
    with (
        laid(stage, RECIPE, 2) as show,
        daphne(stage, show),
        nginx(stage, show) as front,
    ):
        client = opened_sockets(stage, show, show.ports[1])
        refused = int(re.search(r"(\d+) failed", client)[1])
        front.until(FULL)
        # It closes some connections without an alert.
        assert front.printed.count("[alert]") < refused
        line = next(line for line in front.printed.splitlines() if FULL in line)
        line = re.sub(r"^\S+ \S+ (\[\w+\]) \d+#\d+:", r"\1", line)
        return f"$ {front.typed}\n{line}\n…\n\n{client}"


def daphne(stage: Stage, show: Show, before: list[str] | None = None) -> Terminal:
    """Start Daphne, which logs no requests, and wait until it answers."""
    port = show.ports[0]
    show.natural.ports[port] = 8003
    typed = "python -m daphne -p 8003 config.asgi:application"
    if before:
        typed = f"ulimit -n 64\n$ {typed}"
    command = [sys.executable, "-m", "daphne", "-p", str(port)]
    command = [*(before or []), *command, "config.asgi:application"]
    return listening(
        Terminal(typed, command, show.folder, show.natural, stage.log(), {}), port
    )


def nginx(stage: Stage, show: Show) -> Terminal:
    """Start the nginx of the recipe in front of the first server."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise MissingProgram("There is no nginx. Debian, Ubuntu: apt install nginx")
    behind, port = show.ports
    show.natural.ports[port] = 8000
    conf = show.folder / "deploy" / "nginx.conf"
    text = conf.read_text("utf-8").replace(":8003", f":{behind}")
    conf.write_text(text.replace(":8000", f":{port}"), "utf-8")
    typed = 'nginx -p . -c deploy/nginx.conf -g "daemon off;"'
    user = " user root;" if os.getuid() == 0 else ""
    command = [program, "-p", f"{show.folder}/", "-c", "deploy/nginx.conf"]
    command += ["-e", "stderr", "-g", f"daemon off;{user}"]
    return listening(
        Terminal(typed, command, show.folder, show.natural, stage.log(), {}), port
    )


@contextlib.contextmanager
def listening(terminal: Terminal, port: int) -> Iterator[Terminal]:
    """Run a server for as long as the block, from when it answers."""
    with terminal:
        terminal.process.wait_until(lambda: is_listening(port))
        yield terminal


def opened_sockets(stage: Stage, show: Show, port: int) -> str:
    """Run the recipe's script, and return what it prints."""
    usual = show.natural.ports[port]
    typed = f"python open_sockets.py ws://127.0.0.1:{usual}/{ROOM} 80"
    command = [sys.executable, "open_sockets.py", f"ws://127.0.0.1:{port}/{ROOM}", "80"]
    with Terminal(
        typed, command, show.folder, show.natural, stage.log(), {}
    ) as terminal:
        return terminal.to_the_end().text()
