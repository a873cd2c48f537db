"""What crosses the sockets of step 05, in lesson 05."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.record.natural import MORNING
from tools.record.people import say, see, wait_for_status
from tools.record.scenes import output
from tools.record.stage import PATIENCE, WINDOW, Show, Stage

PASSWORD = "let-me-chat"  # of `manage.py demo`
WIDTH = 76  # characters
AT = MORNING + 12  # a message is stored some milliseconds after it was sent
KEY = "5f0c8a3e-7a64-4f3e-9d5e-0a8d6b0f8f11"
KEYS = [
    "8c2f1d9a-5b7e-4f60-9a3d-1e0c7b64a2f5",
    "3ebe754b-35d2-4cc0-b5ee-f1dd4cc0efbb",
    KEY,
]
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Open a socket from a page, send what is given, and return what the server sends: up to
# the close, or up to the first error that is not followed by one.
TRY = """([path, frames, isClosed]) => new Promise((done) => {
  const socket = new WebSocket(location.origin.replace("http", "ws") + path);
  const seen = [];
  socket.onopen = () => frames.forEach((frame) => socket.send(frame));
  socket.onmessage = ({ data }) => {
    if (JSON.parse(data).type !== "error") return;
    seen.push(data);
    if (!isClosed) done(seen);
  };
  socket.onclose = ({ code }) => done([...seen, `close ${code}`]);
})"""


@contextmanager
def window_of(stage: Stage, show: Show, name: str = "") -> Iterator:
    """Give a person's window: a browser of their own, in the lobby, or not logged in."""
    context = stage.browser.new_context(**WINDOW)
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        page.goto(show.address("chat/"))
        if name:
            page.locator("input[name=username]").fill(name)
            page.locator("input[name=password]").fill(PASSWORD)
            with page.expect_navigation():
                page.locator("main form button").first.click()
        yield page
    finally:
        context.close()


class Keys:
    """Writes the random keys of a scene the same each time, and when messages were stored."""

    def __init__(self, show: Show) -> None:
        self.natural = show.natural
        self.known = {KEY: KEY}

    def __call__(self, text: str) -> str:
        """Return a frame as it could have been."""
        text = UUID.sub(lambda found: self.key_for(found[0]), self.natural(text))
        text = re.sub(r'("retry_after":)[\d.]+', r"\g<1>0.2", text)
        return re.sub(r'("at":)\d{13}', rf"\g<1>{AT}", text)

    def key_for(self, real: str) -> str:
        """Return the key that stands for a real one."""
        if real not in self.known:
            self.known[real] = KEYS[len(self.known) - 1]
        return self.known[real]


def wrapped(sign: str, frame: str) -> str:
    """Return a frame in lines of a page's width, broken only between its fields."""
    first, *parts = re.split(r'(?<=,)(?=["{])', frame)
    lines = [f"{sign} {first}"]
    for part in parts:
        if len(lines[-1]) + len(part) <= WIDTH:
            lines[-1] += part
        else:
            lines.append(f"  {part}")
    return "\n".join(lines)


def tried(page, keys: Keys, path: str, *frames: str, is_closed: bool) -> str:
    """Return what a socket of a page gets: the last frame that is sent, and the answer."""
    answers = page.evaluate(TRY, [path, list(frames), is_closed])
    sent = [wrapped(">", frames[-1])] if frames else []
    return "\n".join([*sent, *(wrapped("<", keys(answer)) for answer in answers)])


@output("05-1-frames")
def refused(stage: Stage) -> str:
    """A socket without a login, and one for a room that isn't there."""
    with stage.served("05") as show:
        keys = Keys(show)
        with window_of(stage, show) as nobody, window_of(stage, show, "ana") as ana:
            return "\n\n".join(
                [
                    tried(nobody, keys, "/ws/chat/class/", is_closed=True),
                    tried(ana, keys, "/ws/chat/secret/", is_closed=True),
                ]
            )


@output("05-2-frames")
def caught_up(stage: Stage) -> str:
    """Bia's page reconnects, gets what it missed, and sends a message."""
    crossed = []
    with (
        stage.served("05") as show,
        window_of(stage, show, "ana") as ana,
        window_of(stage, show, "bia") as bia,
    ):
        keys = Keys(show)
        for page in (ana, bia):
            page.goto(show.room("class"))
            wait_for_status(page, "Connected.")
        say(ana, "oi")
        see(bia, "oi")
        bia.context.set_offline(True)
        wait_for_status(bia, "Disconnected (code 1006)")
        say(ana, "olá")
        ana.locator("#chat-pending .pending").wait_for(state="detached")
        bia.on("websocket", lambda socket: note(socket, crossed))
        bia.context.set_offline(False)
        see(bia, "olá")
        say(bia, "yes")
        see(ana, "yes")
        see(bia, "yes")
        until_crossed(bia, crossed, "<", "message", '"seq":3')
        # The page may have tried in vain before the network was back: keep the last try.
        last = max(n for n, (sign, _) in enumerate(crossed) if sign == "GET")
        # Others may come, go and type meanwhile.
        shown = [
            (sign, keys(frame))
            for sign, frame in crossed[last:]
            if sign == "GET" or is_message(frame)
        ]
    return "\n".join(wrapped(sign, frame) for sign, frame in shown)


def note(socket, crossed: list) -> None:
    """Note what crosses a socket of a page, in its order."""
    crossed.append(("GET", re.sub(r"^ws://[^/]+", "", socket.url)))
    socket.on("framesent", lambda frame: crossed.append((">", frame)))
    socket.on("framereceived", lambda frame: crossed.append(("<", frame)))


def is_message(frame: str) -> bool:
    """Return whether a frame is about a message."""
    return json.loads(frame)["type"] in {"sync", "send", "sent", "message"}


@output("05-3-frames")
def present(stage: Stage) -> str:
    """Bia arrives and types: what Ana's page gets, and what Bia's page sends."""
    of_ana, of_bia = [], []
    with (
        stage.served("05") as show,
        window_of(stage, show, "ana") as ana,
        window_of(stage, show, "bia") as bia,
    ):
        for page, crossed in ((ana, of_ana), (bia, of_bia)):
            page.on("websocket", lambda socket, crossed=crossed: note(socket, crossed))
            page.goto(show.room("class"))
            wait_for_status(page, "Connected.")
        ana.locator("#chat-here", has_text="bia").wait_for()
        bia.locator("#chat-message-input").press("a")
        ana.locator("#chat-typing", has_text="bia").wait_for()
        shown = [
            until_crossed(ana, of_ana, "<", "presence", '"bia"'),
            until_crossed(bia, of_bia, ">", "typing"),
            until_crossed(ana, of_ana, "<", "typing", '"bia"'),
        ]
    return "\n\n".join(wrapped(sign, frame) for sign, frame in shown)


def until_crossed(
    page, crossed: list, sign: str, kind: str, word: str = ""
) -> tuple[str, str]:
    """Return the last frame of a kind that crossed a page's socket in one direction.

    Wait for it: Playwright reports a frame a moment after the page has shown it.
    """
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until:
        for direction, frame in reversed(crossed):
            if (
                direction == sign
                and word in frame
                and json.loads(frame)["type"] == kind
            ):
                return direction, frame
        page.wait_for_timeout(20)
    raise TimeoutError(f"no frame {sign} {kind} {word} in {crossed}")


@output("05-4-frames")
def limits(stage: Stage) -> str:
    """A frame that is no JSON, and one message too many."""
    frame = json.dumps({"text": "oi", "cid": KEY}, separators=(",", ":"))
    many = ['{"text":"oi"}'] * 10
    with stage.served("05") as show, window_of(stage, show, "ana") as ana:
        keys = Keys(show)
        path = "/ws/chat/class/"
        return "\n\n".join(
            [
                tried(ana, keys, path, "oi", is_closed=False),
                # A busy server may accept a few more of these; only the first error is shown.
                tried(ana, keys, path, *many, *[frame] * 30, is_closed=False),
            ]
        )
