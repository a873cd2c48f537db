"""A WebSocket client (RFC 6455) of the standard library alone: text frames, one at a time."""

import base64
import hashlib
import os
import socket
import time
from dataclasses import dataclass

from channels_doctor.trial.processes import HOST

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FINAL = MASKED = 0x80
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LARGEST_FRAME = 4_000_000  # bytes


class HandshakeError(Exception):
    """The server didn't open the socket. `status` is 0 if it said nothing."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Closed:
    """The server closed the socket; 1006 means that it just went away."""

    code: int


class WebSocket:
    """An open socket; closed at the end of its `with` block."""

    def __init__(
        self, port: int, path: str, cookie: str = "", seconds: float = 10
    ) -> None:
        self.rest = b""
        self.closed: Closed | None = None
        self.connection = socket.create_connection((HOST, port), timeout=seconds)
        try:
            self.shake_hands(port, path, cookie, seconds)
        except BaseException:
            self.connection.close()
            raise

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def shake_hands(self, port: int, path: str, cookie: str, seconds: float) -> None:
        """Open the socket as a page of this server would; raise HandshakeError if it can't."""
        key = base64.b64encode(os.urandom(16))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {HOST}:{port}",
            f"Origin: http://{HOST}:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key.decode()}",
            "Sec-WebSocket-Version: 13",
            *([f"Cookie: {cookie}"] if cookie else []),
        ]
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode())
        status, headers = self.read_head(time.monotonic() + seconds)
        if status != 101:
            raise HandshakeError(status)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        if headers.get("sec-websocket-accept") != accept:
            raise HandshakeError(status, "wrong Sec-WebSocket-Accept")

    def read_head(self, until: float) -> tuple[int, dict[str, str]]:
        """Read the status line and headers of the answer."""
        while b"\r\n\r\n" not in self.rest:
            data = self.read_some(until)
            if data is None:
                raise HandshakeError(0, "timeout")
            if not data or len(self.rest) > LARGEST_FRAME:
                raise HandshakeError(0, "closed")
            self.rest += data
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = first.split(" ")[1] if first.startswith("HTTP/") else ""
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return (int(status) if status.isdigit() else 0), headers

    def read_some(self, until: float) -> bytes | None:
        """Return what has come, b"" at the end of the connection, None if it's too late."""
        left = until - time.monotonic()
        if left <= 0:
            return None
        self.connection.settimeout(left)
        try:
            return self.connection.recv(65536)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def send(self, text: str) -> None:
        """Send a text frame; to a server that has gone, nothing."""
        self.send_frame(text.encode(), TEXT)

    def send_frame(self, payload: bytes, opcode: int) -> None:
        """Send any frame."""
        try:
            self.connection.settimeout(5)
            self.connection.sendall(frame(payload, opcode))
        except OSError:
            self.closed = self.closed or Closed(1006)

    def receive(self, seconds: float) -> str | Closed | None:
        """Return the next text, or that the socket was closed; None if nothing came."""
        until = time.monotonic() + seconds
        message = b""
        while self.closed is None:
            found = take_frame(self.rest)
            if found is None:
                data = self.read_some(until)
                if data is None:
                    return None
                if not data or len(self.rest) > LARGEST_FRAME:
                    self.closed = Closed(1006)
                self.rest += data
                continue
            is_final, opcode, payload, self.rest = found
            if opcode == PING:
                self.send_frame(payload, PONG)
            elif opcode == CLOSE:
                code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
                self.closed = Closed(code)
            elif opcode != PONG:
                message += payload
                if is_final:
                    return message.decode("utf-8", "replace")
        return self.closed

    def close(self) -> None:
        """Say goodbye, wait a moment for the answer, and hang up."""
        if self.closed is None:
            self.send_frame((1000).to_bytes(2, "big"), CLOSE)
            self.receive(1)
        self.connection.close()


def frame(payload: bytes, opcode: int) -> bytes:
    """Return a frame as a client sends it: masked."""
    size = len(payload)
    if size < 126:
        head = bytes([FINAL | opcode, MASKED | size])
    elif size < 1 << 16:
        head = bytes([FINAL | opcode, MASKED | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([FINAL | opcode, MASKED | 127]) + size.to_bytes(8, "big")
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


def take_frame(data: bytes) -> tuple[bool, int, bytes, bytes] | None:
    """Return is it the last part, opcode, payload, and the bytes after; None if incomplete."""
    if len(data) < 2:
        return None
    size, at = data[1] & 0x7F, 2
    if size >= 126:
        longer = 2 if size == 126 else 8
        if len(data) < at + longer:
            return None
        size = int.from_bytes(data[at : at + longer], "big")
        at += longer
    if len(data) < at + size:
        return None
    return (
        bool(data[0] & FINAL),
        data[0] & 0x0F,
        data[at : at + size],
        data[at + size :],
    )
