"""The decoder of close codes: each row happens under a real server, seen by a real browser."""

import re
import sys
import time
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from heard import console_of
from people import PATIENCE, Chat, path_of
from websockets.exceptions import ConnectionClosed

from course import compare, servers
from course.breaks.exhibits import pattern_of
from course.breaks.people import Person
from course.processes import Process, free_port
from course.servers import HOST
from course.steps import find_step
from tools.pages.museum import CLOSING

STEP = find_step("03")
ROWS = tomllib.loads(CLOSING.read_text("utf-8"))
CLOSINGS = Path(__file__).with_name("closings.py")

# Opens a socket; `ended` is what its `close` event says. A script may follow.
OPEN = """async ([path, then]) => {
  const socket = new WebSocket(`ws://${location.host}/ws/${path}/`);
  window.ended = new Promise((tell) => socket.addEventListener(
    "close", ({ code, reason, wasClean }) => tell([code, reason, wasClean])));
  await new Promise((go) => {
    socket.addEventListener("open", go);
    socket.addEventListener("error", go);
  });
  if (then) eval(then);
}"""


class Site:
    """Step 03 with the routes of closings.py, under one server; and what that prints."""

    def __init__(self, folder, server):
        self.folder = compare.copy(STEP, folder / STEP.folder)
        (self.folder / "chat" / "routing.py").write_text(CLOSINGS.read_text("utf-8"))
        self.port = free_port()
        self.home = f"http://{HOST}:{self.port}/chat/"
        place = f"{HOST}:{self.port}"
        runserver = ["manage.py", "runserver", "--noreload", place]
        uvicorn = ["-m", "uvicorn", f"--host={HOST}", f"--port={self.port}"]
        words = {
            "daphne": runserver,
            "wsgi": [*runserver, "--noasgi"],
            "uvicorn": [*uvicorn, "config.asgi:application"],
        }[server]
        self.printed = []
        self.process = Process(
            server,
            [sys.executable, *words],
            self.folder,
            folder / "log",
            servers.environment_of(STEP, None),
            self.printed.append,
        )

    def __enter__(self):
        self.process.__enter__()
        self.process.wait_until(lambda: servers.answers(self.home))
        return self

    def __exit__(self, *_):
        self.process.stop()

    def prints(self, text):
        """Wait until a text is printed that was not there before the last call."""
        pattern = pattern_of(text)
        give_up = time.monotonic() + PATIENCE
        while not any(map(pattern.search, self.printed)):
            assert time.monotonic() < give_up, (text, self.printed)
            time.sleep(0.02)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a site under a server; the same one for all rows, as long as it lives."""
    sites = {}

    def site(server):
        if server not in sites or sites[server].process.has_ended():
            sites[server] = Site(tmp_path_factory.mktemp(server), server).__enter__()
        sites[server].printed.clear()
        return sites[server]

    yield site
    for one in sites.values():
        one.process.stop()


@pytest.fixture
def page(browser):
    """A page of a browser, which keeps what its console says."""
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.said = console_of(page)
        yield page


def end_of(page, site, row):
    """Let a page open a socket, and do with it what the row says; return its end."""
    page.goto(site.home)
    then = row.get("then", "")
    if then == "after the end":
        site.process.stop()
    is_script = then.startswith("socket.")
    page.evaluate(OPEN, [row["path"], then if is_script else ""])
    if then == "leave":
        page.goto("about:blank")
        return None
    if then == "end server":
        site.process.stop()
    return page.evaluate("window.ended")


def holds(site, row):
    """What the terminal says, and what the consumer gets, is what the row says."""
    if row["says"]:
        site.prints(row["says"])
    if "tells" in row:
        site.prints(f"disconnect({row['tells']})")


@pytest.mark.parametrize("row", ROWS["codes"], ids=lambda row: row["code"])
def test_a_close_code_is_seen_as_the_decoder_says(site, page, row):
    place = site(row["server"])
    end = end_of(page, place, row)
    holds(place, row)
    if end:
        code, reason, clean = end
        assert code == int(row["code"].split()[0])
        assert pattern_of(row["reason"]).fullmatch(reason)
        assert clean is row.get("clean", clean)


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS["handshakes"] if "console" in row],
    ids=lambda row: row["answer"],
)
def test_a_failed_handshake_is_seen_as_the_decoder_says(site, page, row):
    place = site(row["server"])
    assert end_of(page, place, row) == [1006, "", False]
    page.said.first(lambda text: text.endswith(row["console"]))
    holds(place, row)


def test_half_a_handshake_gets_400_and_the_terminal_says_nothing(site):
    (row,) = [row for row in ROWS["handshakes"] if "console" not in row]
    place = site(row["server"])
    # Of its start, and of earlier scenes, the server may still have something to tell.
    with closing(Person("Caio", place.port, print)) as caio:
        assert caio.open("/ws/open/")
    place.prints("disconnect(1006)")  # the consumer's line, after the server's
    place.printed.clear()
    with closing(Person("Ana", place.port, print)) as ana:
        ana.shake_hands("/ws/open/", "Upgrade: websocket", "Connection: close")
        assert ana.ending() == f"Ana: the handshake fails with HTTP {row['answer']}"
    with closing(Person("Bia", place.port, print)) as bia:
        assert bia.open("/ws/open/")
        place.prints("WebSocket CONNECT")
        assert len(place.printed) == 2  # Bia's two lines, and none of Ana's


@pytest.mark.parametrize(
    ("server", "path", "then", "end", "tells"),
    [
        ("daphne", "open", "socket.close()", [1000, "", True], "None"),
        ("daphne", "open", "end server", [1006, "", False], None),
        ("daphne", "close-1008", "", [1011, "", False], None),
        ("uvicorn", "raise-later", "", [1006, "", False], None),
        ("uvicorn", "close-4000", "", [4000, "because", True], "4000"),
    ],
)
def test_what_the_decoder_says_beside_its_rows(
    site, page, server, path, then, end, tells
):
    place = site(server)
    assert end_of(page, place, {"path": path, "then": then}) == end
    if tells:
        place.prints(f"disconnect({tells})")


# ---- The codes of step 05; those that take longer have tests in the step itself --------


def test_the_decoder_has_every_code_of_step_05():
    protocol = (find_step("05").path / "chat" / "protocol.py").read_text("utf-8")
    codes = [row["code"] for row in ROWS["ours"]]
    assert codes == sorted(re.findall(r"^    [A-Z_]+ = (\d{4})\b", protocol, re.M))


@pytest.fixture(scope="module")
def last(serve):
    """A server of step 05 that lets nobody have three sockets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCKETS_PER_PERSON", "2")
        with serve(find_step("05")) as (server,):
            yield server


def test_who_is_not_logged_in_gets_4401_and_who_wants_another_room_4404(last):
    with Chat(last) as chat:
        address = f"/ws{path_of(chat.room())}"
        assert close_code_of(chat.open_socket(address)) == 4401
        lost = chat.open_socket("/ws/chat/nowhere/", chat.cookies_of("ana"))
        assert close_code_of(lost) == 4404


def test_nonsense_ends_in_4400_a_flood_in_4429_and_the_oldest_window_in_4409(last):
    with Chat(last) as chat:
        address, cookie = f"/ws{path_of(chat.room())}", chat.cookies_of("ana")
        sockets = [chat.open_socket(address, cookie) for _ in range(3)]
        assert close_code_of(sockets[0]) == 4409
        assert close_code_of(sockets[1], sending="no JSON") == 4400
        assert close_code_of(sockets[2], sending='{"text": "oi"}') == 4429


def close_code_of(socket, sending=None):
    """Read until the socket is closed; return the code. Before each read, send something.

    A client that only sends may miss the close frame: the server drops the connection if
    that frame isn't answered within a second.
    """
    try:
        while True:
            if sending:
                socket.send(sending)
            socket.recv(PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code
