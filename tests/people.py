"""People in the rooms of a running chat, whichever way the chat carries messages.

They speak from outside, as any client of the network does, so that one contract can
hold all five steps.
"""

import json
import re
import uuid
from contextlib import ExitStack
from urllib.parse import quote

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from course.servers import HOST, Server

PATIENCE = 30  # seconds; nothing here takes so long unless it is broken
PASSWORD = "let-me-chat"  # of the people that `manage.py demo` makes


class Chat:
    """One step's chat on one running server, and whoever is in it."""

    def __init__(self, server: Server) -> None:
        self.step = server.step
        self.port = server.port
        self.home = f"http://{HOST}:{server.port}"
        self.stack = ExitStack()
        self.rooms = {}

    def __enter__(self) -> "Chat":
        return self

    def __exit__(self, *_) -> None:
        self.stack.close()

    def browser_of(self, name: str) -> httpx.Client:
        """Return an HTTP client that keeps cookies; logged in where that is needed."""
        client = self.stack.enter_context(
            httpx.Client(base_url=self.home, timeout=PATIENCE, trust_env=False)
        )
        if self.step.can["login"]:
            log_in(client, name)
        return client

    def room(self, name: str = "class") -> str:
        """Return the name of a room that nobody has been in, and make it if need be."""
        name = f"{name} {uuid.uuid4().hex[:8]}"
        if self.step.can["login"]:
            teacher = self.browser_of("teacher")
            page = "/admin/chat/room/add/"
            token = token_in(teacher.get(page))
            form = {"name": name, "kind": "open", "csrfmiddlewaretoken": token}
            assert teacher.post(page, data=form).status_code == 302
        return name

    def open_socket(self, path: str, headers: dict[str, str] | None = None):
        """Open a WebSocket as a page of this chat does; it stays open with the chat."""
        address = f"ws://{HOST}:{self.port}{path}"
        socket = connect(
            address,
            origin=self.home,
            additional_headers=headers,
            proxy=None,
            # What nobody has read must not hold up the close.
            max_queue=None,
        )
        return self.stack.enter_context(socket)

    def cookies_of(self, name: str) -> dict[str, str]:
        """Return the header that says who somebody is, where that is needed."""
        if not self.step.can["login"]:
            return {}
        cookies = self.browser_of(name).cookies.items()
        return {"Cookie": "; ".join(f"{key}={value}" for key, value in cookies)}

    def enter(self, room: str, name: str = "ana"):
        """Let somebody enter a room."""
        kind = SocketPerson if self.step.can["websocket"] else PollingPerson
        return self.stack.enter_context(kind(self, room, name))


def log_in(client: httpx.Client, name: str) -> None:
    """Log in by the form, as a person does."""
    page = "/accounts/login/"
    form = {
        "username": name,
        "password": PASSWORD,
        "csrfmiddlewaretoken": token_in(client.get(page)),
    }
    assert client.post(page, data=form).status_code == 302


def token_in(page: httpx.Response) -> str:
    """Return the CSRF token of a form."""
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]


def path_of(room: str) -> str:
    """Return the address of a room's page."""
    return f"/chat/{quote(room, safe='')}/"


class PollingPerson:
    """Somebody who asks again and again (steps 01 and 02)."""

    def __init__(self, chat: Chat, room: str, name: str) -> None:
        self.name = name
        self.client = chat.browser_of(name)
        self.address = f"/messages/{quote(room, safe='')}/"
        self.waiting = []
        self.newest = 0

    def __enter__(self) -> "PollingPerson":
        self.waiting = self.ask()  # what the room remembers
        return self

    def __exit__(self, *_) -> None:
        pass

    def ask(self, **query) -> list[dict]:
        """Return the messages of one answer."""
        messages = self.client.get(self.address, params=query).json()["messages"]
        self.newest = messages[-1]["id"] if messages else self.newest
        return messages

    def say(self, text: str) -> None:
        """Send a message."""
        message = {"text": text, "sender": self.name}
        assert self.client.post(self.address, json=message).status_code == 201

    def hear(self) -> dict:
        """Return the next message, when it comes."""
        if not self.waiting:
            self.waiting = self.ask(after=self.newest, wait=PATIENCE - 5)
        assert self.waiting, "no message came"
        return self.waiting.pop(0)

    def send_raw(self, frame: str | bytes) -> str:
        """Send something that may be no message; return what is said against it."""
        answer = self.client.post(self.address, content=frame)
        assert answer.status_code == 400
        return answer.json()["error"]


class SocketPerson:
    """Somebody with an open WebSocket (steps 03 to 05)."""

    def __init__(self, chat: Chat, room: str, name: str) -> None:
        self.chat = chat
        self.name = name
        self.path = f"/ws{path_of(room)}"

    def __enter__(self) -> "SocketPerson":
        headers = self.chat.cookies_of(self.name)
        self.socket = self.chat.open_socket(self.path, headers)
        self.waiting = []
        if self.chat.step.can["remember"]:
            self.waiting = json.loads(self.socket.recv(PATIENCE))["messages"]
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def say(self, text: str) -> None:
        """Send a message."""
        self.socket.send(json.dumps({"text": text, "sender": self.name}))

    def hear(self) -> dict:
        """Return the next message, when it comes; or what is said against one."""
        while not self.waiting:
            frame = json.loads(self.socket.recv(PATIENCE))
            if "text" in frame or "error" in frame:
                return frame
            self.waiting += frame.get("messages", [])  # several at once, or none
        return self.waiting.pop(0)

    def send_raw(self, frame: str | bytes) -> str:
        """Send something that may be no message; return what is said against it."""
        self.socket.send(frame)
        return self.hear()["error"]


def closed_with(socket) -> tuple[str, int]:
    """Return what a server says before it closes a socket, and the close code."""
    reason = json.loads(socket.recv(PATIENCE))["error"]
    try:
        socket.recv(PATIENCE)
    except ConnectionClosed as closed:
        return reason, closed.rcvd.code
    raise AssertionError("the socket is still open")
