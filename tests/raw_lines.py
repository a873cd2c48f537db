"""A TCP connection to a server of the last step, for bytes that no browser sends."""

import base64
import os
import socket
import struct
from contextlib import contextmanager

from course.servers import HOST
from course.websocket_frames import Parser

PATIENCE = 30  # seconds; nothing here takes so long unless it is broken

TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9
CONTINUATION = 0x0
FINAL = 0x80


def frame(payload=b"", first=FINAL | TEXT, length=None, masked=True):
    """Return a frame, masked with zeros (RFC 6455, section 5.2); `length` may lie."""
    length = len(payload) if length is None else length
    mark = 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, mark | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, mark | 126, length)
    else:
        head = struct.pack("!BBQ", first, mark | 127, length)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def handshake(path, *headers):
    """Return the bytes of a handshake; `headers` are lines, as bytes or as text."""
    key = base64.b64encode(os.urandom(16))
    lines = [
        b"GET " + path.encode("latin1") + b" HTTP/1.1",
        b"Host: " + HOST.encode(),
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: " + key,
        *[one.encode("latin1") if isinstance(one, str) else one for one in headers],
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


@contextmanager
def line(port):
    """Open a connection for as long as the block runs."""
    with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
        yield connection


def status_of(connection):
    """Return the status of an HTTP answer, and read no further than its headers."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(1)
        if not piece:
            break
        answer += piece
    return int(answer.split()[1]) if answer else None


def read_to_the_end(connection):
    """Return what comes until the server closes; ConnectionError if it does so rudely."""
    pieces = []
    while piece := connection.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def close_code_of(connection):
    """Return the code with which the server closes a WebSocket."""
    parser = Parser()
    while data := connection.recv(65_536):
        for opcode, payload in parser.feed(data):
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big")
    raise AssertionError("the connection ended without a close")
