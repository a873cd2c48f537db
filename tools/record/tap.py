"""A tap on the wire: it stands between a browser and a server, and notes what crosses."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from course.servers import HOST
from tools.record.natural import Natural

PATIENCE = 20  # seconds
MASK = bytes.fromhex("37fa213d")  # the example of RFC 6455, section 5.7


class Tap:
    """Passes everything on, both ways, for as long as the `with` block."""

    def __init__(self, port: int, server_port: int) -> None:
        self.port = port
        self.server_port = server_port
        self.lines = []  # of each connection, the turns: [from the browser?, bytes]
        self.news = threading.Condition()
        self.sockets = []

    def __enter__(self) -> "Tap":
        self.door = socket.create_server((HOST, self.port))
        threading.Thread(target=self.answer_the_door, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        # A thread that waits in accept() is not woken by close().
        with suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        for one in [self.door, *self.sockets]:
            one.close()

    def answer_the_door(self) -> None:
        """Take each connection, and open one like it to the server."""
        while True:
            try:
                browser, _ = self.door.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self.server_port))
            self.sockets += [browser, server]
            turns = []
            self.lines.append(turns)
            for pair in [(browser, server, True), (server, browser, False)]:
                work = threading.Thread(target=self.pass_on, args=(*pair, turns))
                work.daemon = True
                work.start()

    def pass_on(self, near, far, is_browser: bool, turns: list) -> None:
        """Carry bytes in one direction, until either end closes."""
        with suppress(OSError):
            while data := near.recv(65_536):
                with self.news:
                    if turns and turns[-1][0] == is_browser:
                        turns[-1][1] += data
                    else:
                        turns.append([is_browser, data])
                    self.news.notify_all()
                far.sendall(data)
            far.shutdown(socket.SHUT_WR)

    def asked(self, request: str) -> None:
        """Wait until the browser has sent a request."""
        wanted = request.encode()
        with self.news:
            self.news.wait_for(
                lambda: any(turns_from(wanted, turns) for turns in self.lines), PATIENCE
            )

    def line_of(self, request: str, until: str = "") -> list[tuple[bool, bytes]]:
        """Return the turns from a request on, once the answer holds `until`.

        The end of an answer's headers is always waited for.
        """
        give_up = time.monotonic() + PATIENCE
        with self.news:
            while True:
                for turns in self.lines:
                    if found := turns_from(request.encode(), turns):
                        answers = b"".join(data for mine, data in found if not mine)
                        if b"\r\n\r\n" in answers and until.encode() in answers:
                            return found
                left = give_up - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"Nothing like this crossed: {request} {until}")
                self.news.wait(left)


def turns_from(request: bytes, turns: list) -> list[tuple[bool, bytes]]:
    """Return the turns of a line from the one that begins with a request."""
    for index, (is_browser, data) in enumerate(turns):
        if is_browser and data.startswith(request):
            return [tuple(turn) for turn in turns[index:]]
    return []


def as_text(turns: list[tuple[bool, bytes]], natural: Natural) -> str:
    """Return HTTP as it crossed, with `> ` before what the browser sent, `< ` before the rest.

    Lengths that it states are those of the text as it is written here.
    """
    request, answer = ("".join(told(data, natural)) for _, data in turns)
    length = len(request.replace("\n", "\r\n").encode())
    answer = re.sub("(X-Request-Bytes:) .*", rf"\1 {length}", answer)
    lines = [f"> {line}" for line in request.splitlines()]
    lines += [f"< {line}" for line in answer.splitlines()]
    return "\n".join(line.rstrip() for line in lines)


def told(data: bytes, natural: Natural) -> tuple[str, str]:
    """Return head and body of an HTTP message; the head says how long the body is."""
    head, _, body = data.partition(b"\r\n\r\n")
    head = natural(head.decode())
    if "chunked" in head:
        texts = [natural(chunk.decode()).rstrip() + "\n\n" for chunk in chunks_in(body)]
        body = "\n".join(f"{len(text.encode()):x}\n{text}" for text in texts)
    else:
        body = natural(body.decode())
        head = re.sub("(Content-Length:) .*", rf"\1 {len(body.encode())}", head)
    return f"{head}\n\n", body


def chunks_in(body: bytes) -> Iterator[bytes]:
    """Yield the parts of a body that is sent in chunks (RFC 9112, section 7.1)."""
    while body:
        length, _, body = body.partition(b"\r\n")
        size = int(length, 16)
        yield body[:size]
        body = body[size + len(b"\r\n") :]


def frames_as_text(
    turns: list[tuple[bool, bytes]], natural: Natural, count: int
) -> str:
    """Return the first frames of a WebSocket, each with its header in hexadecimal."""
    lines = []
    for is_browser, data in turns:
        if data.startswith((b"GET ", b"HTTP/")):
            data = data.partition(b"\r\n\r\n")[2]  # the frames come after the handshake
        for opcode, payload in frames_in(data):
            text = natural(payload.decode())
            header = [f"{0x80 | opcode:02x}", *length_bytes(text, is_browser)]
            mask = f"  mask {MASK.hex(' ')}" if is_browser else ""
            sign = ">" if is_browser else "<"
            lines += [f"{sign} {' '.join(header)}{mask}", f"{sign} {text}"]
    return "\n".join(lines[: 2 * count])


def length_bytes(text: str, masked: bool) -> list[str]:
    """Return the length in a frame's header, as RFC 6455, section 5.2, writes it."""
    length = len(text.encode())
    bit = 0x80 if masked else 0
    if length < 126:
        return [f"{bit | length:02x}"]
    return [f"{bit | 126:02x}", *(f"{byte:02x}" for byte in length.to_bytes(2))]


def frames_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield opcode and payload of each whole frame."""
    while len(data) >= 2:
        opcode, length, start = data[0] & 0x0F, data[1] & 0x7F, 2
        is_masked = bool(data[1] & 0x80)
        if length == 126:
            length, start = int.from_bytes(data[2:4]), 4
        mask = data[start : start + 4] if is_masked else bytes(4)
        start += 4 * is_masked
        payload = data[start : start + length]
        if len(payload) < length:
            return
        yield opcode, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        data = data[start + length :]
