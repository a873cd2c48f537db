"""Somebody at the other end of the wire, who asks for pages and sockets in plain bytes."""

import base64
import contextlib
import os
import select
import socket
from collections.abc import Callable

from course.errors import CourseError
from course.servers import HOST
from course.websocket_frames import CLOSE, TEXT, Parser, frame

BINARY = 2
PATIENCE = 15  # seconds; Daphne itself gives up a handshake after 5


class Person:
    """One person with one socket. `tell` is called with what they do."""

    def __init__(self, name: str, port: int, tell: Callable[[str], None]) -> None:
        self.name = name
        self.port = port
        self.place = f"{HOST}:{port}"
        self.home = f"http://{self.place}"
        self.tell = tell
        self.line = None
        self.frames = []  # that nobody has looked at
        self.end = ""  # how it has ended

    def ask(self, path: str, *headers: str) -> str:
        """Ask for a page; return what the answer is."""
        self.tell(f"{self.name} asks for {self.home}{path}")
        answer = self.request(path, *headers, "Connection: close")
        return f"{self.name}: HTTP {status_of(answer)} for {path}"

    def open(self, path: str, *headers: str, origin: str | None = "") -> bool:
        """Ask for a WebSocket, as a page of this server does; tell whether it is open.

        `origin` is another one than this server's, or None for a program that has none.
        """
        self.tell(f"{self.name} opens ws://{self.place}{path}")
        return self.shake_hands(
            path,
            "Upgrade: websocket",
            "Connection: Upgrade",
            *([] if origin is None else [f"Origin: {origin or self.home}"]),
            *headers,
        )

    def shake_hands(self, path: str, *headers: str) -> bool:
        """Send the request of a handshake; tell whether the server agrees."""
        key = f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"
        answer = self.request(path, *headers, key, "Sec-WebSocket-Version: 13")
        if not answer:
            self.end = "no response to the handshake"
        elif status_of(answer) != 101:
            self.end = f"the handshake fails with HTTP {status_of(answer)}"
        else:
            self.parser = Parser()
            self.frames = self.parser.feed(answer.partition(b"\r\n\r\n")[2])
        return not self.end

    def request(self, path: str, *headers: str) -> bytes:
        """Send a request; return the head of the answer and what came with it."""
        self.line = socket.create_connection((HOST, self.port), PATIENCE)
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.place}", *headers, "", ""]
        self.line.sendall("\r\n".join(lines).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = self.receive()
            if not data:
                return b""
            answer += data
        return answer

    def receive(self) -> bytes:
        """Return some bytes; none if the line is cut."""
        try:
            return self.line.recv(65536)
        except ConnectionError:
            return b""
        except TimeoutError:
            raise CourseError(
                f"{self.name} heard nothing for {PATIENCE} seconds."
            ) from None

    def say(self, payload: str | bytes) -> None:
        """Send a text frame, or a binary one."""
        is_text = isinstance(payload, str)
        self.tell(f"{self.name} sends: {payload if is_text else 'a binary frame'}")
        if is_text:
            self.send(payload.encode(), TEXT)
        else:
            self.send(payload, BINARY)

    def send(self, payload: bytes, opcode: int) -> None:
        """Send a frame; if the line is cut, hear() will tell."""
        with contextlib.suppress(ConnectionError):
            self.line.sendall(frame(payload, opcode))

    def has_news(self) -> bool:
        """Tell whether something has come that nobody has looked at."""
        return bool(self.frames or select.select([self.line], [], [], 0)[0])

    def hear(self, *, quietly: bool = False) -> str | None:
        """Return the text of the next frame; None if the socket is closed instead."""
        while not self.end:
            if not self.frames:
                data = self.receive()
                self.frames = self.parser.feed(data)
                if not data:
                    self.end = "close code 1006"
                continue
            opcode, payload = self.frames.pop(0)
            if opcode == TEXT:
                if not quietly:
                    self.tell(f"{self.name} gets: {payload.decode()}")
                return payload.decode()
            if opcode == CLOSE:
                self.send(payload[:2], CLOSE)  # the answer to it
                self.end = f"close code {int.from_bytes(payload[:2], 'big')}"
        return None

    def ending(self) -> str:
        """Return how it ends, once it has: `Ana: close code 1011`."""
        while self.hear() is not None:
            pass
        return f"{self.name}: {self.end}"

    def close(self) -> None:
        """Be gone."""
        if self.line:
            self.line.close()


def status_of(answer: bytes) -> int:
    """Return the status of an answer."""
    return int(answer.split(b" ", 2)[1])
