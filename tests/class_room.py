"""A class that runs on this machine alone, for tests: its doors, its phones, its desk."""

import json
import sys
from pathlib import Path

import httpx
from websockets.sync.client import ClientConnection, connect

from course.classroom.fleet import DESK_PORT, PORTS, ROOM_PORT
from course.processes import Process, free_port
from course.steps import FIRST_PORT, ROOT

PATIENCE = 30  # seconds
HOST = "127.0.0.1"

# As `hold` in course.classroom.command, but nothing is started that no test asks for.
SERVE = """
import sys
from pathlib import Path
from course.classroom import command, current, fleet
from course.classroom.crowd import Crowd
from course.classroom.fleet import Fleet

folder, first = Path(sys.argv[1]), int(sys.argv[2])
fleet.PORTS["redis"] = int(sys.argv[3])
this = current.begin(None, "127.0.0.1", first - 8000)
with Fleet("127.0.0.1", first, folder) as this.fleet, Crowd(this.fleet) as this.crowd:
    this.fleet.at_the_start = ["redis", "01"]
    command.serve(this, lambda: command.remember_running(this, folder))
"""


def ports_of_a_class() -> tuple[str, str]:
    """Return a class's first port, and the `PORTS["redis"]` that leads to a free port.

    With the usual one, Redis's port might be in another process's share.
    """
    first = free_port(DESK_PORT - FIRST_PORT + 1)
    return str(first), str(free_port() - (first - FIRST_PORT))


class Hall:
    """The class: where it is, and who asks what of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        first, redis = ports_of_a_class()
        self.first = int(first)
        self.shift = self.first - FIRST_PORT
        self.room = f"{HOST}:{ROOM_PORT + self.shift}"
        self.desk = f"{HOST}:{DESK_PORT + self.shift}"
        command = [sys.executable, "-c", SERVE, str(folder), first, redis]
        self.process = Process("The class", command, ROOT, folder / "class.log")

    def __enter__(self) -> "Hall":
        self.process.__enter__()
        self.process.wait_until((self.folder / "running.json").exists)
        self.token = json.loads((self.folder / "running.json").read_text())["token"]
        self.client = httpx.Client(
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=PATIENCE,
            trust_env=False,
        )
        return self

    def __exit__(self, *_) -> None:
        self.client.close()
        self.process.stop()

    def port(self, name: str) -> int:
        """Return the port of a unit."""
        return PORTS[name] + self.shift

    def do(self, verb: str, **rest) -> dict:
        """Do what a button of the desk does; return what it says."""
        wish = {"do": verb, **rest}
        return self.client.post(f"http://{self.desk}/desk/do/", json=wish).json()

    def page(self, path: str) -> str:
        """Return the address of an instructor's page, with the token."""
        return f"http://{self.desk}{path}?token={self.token}"

    def phone(self, name: str = "", key: str = "") -> "Page":
        """Open the page of a phone; join, if there is a name."""
        page = Page(connect_to(f"ws://{self.room}/ws/room/", f"http://{self.room}"))
        if name:
            page.send(do="join", name=name, key=key or f"the key of {name}, a secret")
            page.until("you")
        return page

    def instructor(self, path: str) -> "Page":
        """Open a socket of the instructor."""
        origin = f"http://{self.desk}"
        cookie = f"class_desk={self.token}"
        return Page(connect_to(f"ws://{self.desk}{path}", origin, cookie))


def connect_to(url: str, origin: str, cookie: str = "") -> ClientConnection:
    """Open a WebSocket as a page does; it stays open until it's closed."""
    headers = {"Cookie": cookie} if cookie else {}
    opened = connect(
        url,
        origin=origin,
        additional_headers=headers,
        proxy=None,
        max_queue=None,  # who doesn't read is no reason to wait when they leave
    )
    return opened.__enter__()


class Page:
    """One open page, without a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send(self, **wish) -> None:
        """Send a frame."""
        self.socket.send(json.dumps(wish))

    def until(self, kind: str, test=lambda event: True) -> dict:
        """Return the first event of a kind that passes a test."""
        while True:
            event = json.loads(self.socket.recv(PATIENCE))
            if event.get("kind") == kind and test(event):
                return event
