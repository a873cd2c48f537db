"""What the recipes show: other clients, and a job that reports its progress."""

import contextlib
import json
import re
import sys
from collections.abc import Iterator

from websockets.sync.client import ClientConnection, connect

from course import redis_server
from course.servers import HOST
from tools import recipes
from tools.record.scenes import output
from tools.record.stage import Show, Stage
from tools.record.terminal import Terminal

FRONT_END = recipes.RECIPES / "other-clients" / "frontend" / "src"
BY_HAND = 200  # a README starts its step at such a port above that of the lessons


@contextlib.contextmanager
def served(stage: Stage, name: str) -> Iterator[Show]:
    """Serve a step with a recipe over it."""
    recipe = recipes.find(name)
    with stage.served(recipe.step, edit=recipe) as show:
        show.natural.ports[show.ports[0]] = show.step.port + BY_HAND
        yield show


def enter(show: Show, path: str) -> ClientConnection:
    """Open a socket with the Origin of a page of this server."""
    port = show.ports[0]
    return connect(f"ws://{HOST}:{port}/{path}", origin=f"http://{HOST}:{port}")


@output("recipe-client")
def client(stage: Stage) -> str:
    """The script of the recipe, with a valid token and with a wrong one."""
    with served(stage, "first-frame-token") as show:
        with stage.manage(show, "token Ana") as terminal:
            token = terminal.to_the_end().printed.strip()
        url = f"ws://{HOST}:{show.ports[0]}/ws/app/class/"
        with run_client(stage, show, url, token, "$TOKEN") as ana:
            ana.until("Connected")
            with enter(show, "ws/chat/class/") as bia:
                bia.send(json.dumps({"text": "oi, Ana", "sender": "Bia"}))
                first = ana.until("oi, Ana").text()
        with run_client(stage, show, url, "wrong", "wrong") as stranger:
            return f"{first}\n{stranger.to_the_end().text()}"


def run_client(stage: Stage, show: Show, url: str, token: str, shown: str) -> Terminal:
    """Start the script of the recipe; `shown` is what a reader types for the token."""
    typed = show.natural(f"python client.py {url} {shown}")
    command = [sys.executable, "client.py", url, token]
    return Terminal(typed, command, show.folder, show.natural, stage.log(), {})


@output("recipe-token-in-log")
def token_in_log(stage: Stage) -> str:
    """What uvicorn writes into its log about a socket with a token in its URL."""
    with stage.show("03") as show:
        port = show.ports[0]
        show.natural.ports[port] = show.step.port + BY_HAND
        options = f"config.asgi:application --port {port}"
        command = [sys.executable, "-m", "uvicorn", *options.split()]
        typed = show.natural(f"uvicorn {options}")
        with Terminal(
            typed, command, show.folder, show.natural, stage.log(), {}
        ) as terminal:
            terminal.until("Uvicorn running")
            with enter(show, "ws/chat/class/?token=eyJuYW1lIjoiQW5hIn0"):
                terminal.until("connection open")
            text = terminal.text(since="WebSocket /", up_to="accepted")
            return re.sub(rf"{HOST}:\d+ -", f"{HOST}:50000 -", text)


# The browser's console: after ">" what is typed, then what the console shows.


@output("recipe-effect-twice")
def effect_twice(stage: Stage) -> str:
    """A naive client in an effect that runs twice: a warning, and two sockets."""
    return in_the_console(stage, "room-socket.naive.js", times=2)


@output("recipe-effect-twice-right")
def effect_twice_right(stage: Stage) -> str:
    """The client of the recipe in an effect that runs twice: one socket."""
    return in_the_console(stage, "room-socket.js", times=1)


def in_the_console(stage: Stage, name: str, times: int) -> str:
    """Run an effect, its clean-up and the effect; then show how often a message comes."""
    show = stage.at_hand("03")
    code = (FRONT_END / name).read_text("utf-8").replace("export ", "")
    with stage.pages() as [page]:
        lines = []
        page.on("console", lambda message: lines.append(message.text))
        page.goto(show.address("chat/"))
        page.evaluate(
            f"""() => {{ {code}
              const url = `ws://${{location.host}}/ws/chat/class/`;
              window.received = [];
              window.mount = () => openRoom(
                url, {{ onMessage: ({{ text }}) => received.push(text), onStatus() {{}} }});
              mount().close();
              mount();
            }}"""
        )
        with connect_when_open(show, page, times) as ana:
            ana.send(json.dumps({"text": "oi"}))
            page.wait_for_function(
                "count => received.filter(text => text === 'oi').length >= count",
                arg=times,
            )
            ana.send(json.dumps({"text": "the end"}))  # after it, no "oi" is under way
            page.wait_for_function("received.includes('the end')")
        warned = [line for line in lines if "WebSocket" in line]
        heard = [text for text in page.evaluate("received") if text == "oi"]
    typed = ["> mount().close(); mount();", *warned, "> // Ana sends one message"]
    return show.natural("\n".join([*typed, *heard]))


@contextlib.contextmanager
def connect_when_open(show: Show, page, times: int) -> Iterator[ClientConnection]:
    """Open Ana's socket, and wait until each of the page's receives what she sends."""
    with enter(show, "ws/chat/class/") as ana:
        text, count = "", 0
        while count < times:
            text += "."
            ana.send(json.dumps({"text": text}))
            ana.recv(timeout=10)
            page.wait_for_timeout(50)
            count = page.evaluate(
                "text => received.filter(t => t === text).length", text
            )
        yield ana


@output("recipe-subprotocol")
def subprotocol(stage: Stage) -> str:
    """A browser that offers a subprotocol, and a server that names none, or one."""
    typed = 'new WebSocket("ws://127.0.0.1:{}/ws/chat/class/", ["chat.v1"])'
    shown = [f"> // a server that ignores it\n> {typed.format(8003)}"]
    with stage.pages() as [page]:
        lines = []
        page.on("console", lambda message: lines.append(message.text))
        show = stage.at_hand("03")
        page.goto(show.address("chat/"))
        page.evaluate(f"() => {{ {typed.format(show.ports[0])} }}")
        while not any("WebSocket" in line for line in lines):
            page.wait_for_timeout(50)
        shown += [show.natural(line) for line in lines if "WebSocket" in line]
        with served(stage, "subprotocol") as show:
            page.goto(show.address("chat/"))
            chosen = page.evaluate(
                f"""() => new Promise((resolve) => {{
                  const socket = {typed.format(show.ports[0])};
                  socket.onopen = () => resolve(socket.protocol);
                }})"""
            )
            shown.append(f"> // the recipe\n> socket = {typed.format(8203)}")
            shown.append(f'> socket.protocol\n"{chosen}"')
    return "\n".join(shown)


@output("recipe-celery")
def celery(stage: Stage) -> str:
    """A page's frames while a worker runs its job, and what the worker prints."""
    with served(stage, "background-jobs-celery") as show:
        url = redis_server.database(stage.redis_url, 4)
        words = "-A config worker --loglevel=INFO"
        command = [sys.executable, "-m", "celery", *words.split(), "--concurrency=1"]
        worker = Terminal(
            f"celery {words}",
            command,
            show.folder,
            show.natural,
            stage.log(),
            {"REDIS_URL": url},
        )
        with worker, enter(show, "ws/jobs/") as page:
            worker.until(" ready.")
            frames = ['{"start": 3}']
            page.send(frames[0])
            while "finished" not in frames[-1]:
                frames.append(page.recv(timeout=20))
            worker.until("succeeded in")
            printed = worker.text(since="received")
    job = json.loads(frames[1])["job"]
    marks = [">", *["<"] * (len(frames) - 1)]
    wire = "\n".join(
        f"{mark} {frame}" for mark, frame in zip(marks, frames, strict=True)
    )
    text = f"{wire}\n\n{printed}"
    for one in (
        job,
        show.natural(job),
    ):  # natural() may have taken a part of it for a port
        text = text.replace(one, "5f0e3c9a-6a5f-4a53-9a54-0d3c2b8f9e11")
    text = re.sub(r"ForkPoolWorker-\d+", "ForkPoolWorker-1", text)
    return re.sub(r"succeeded in [\d.]+s", "succeeded in 0.16s", text)
