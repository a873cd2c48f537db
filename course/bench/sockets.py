"""A member of a room who has a WebSocket open."""

import asyncio
import base64
import os
import re
import socket

from course.bench.counting import numbers_in
from course.errors import CourseError
from course.websocket_frames import CLOSE, PING, PONG, TEXT, Parser, frame

SEQ = re.compile(rb'"seq":(\d+)')

PATIENCE = 15  # seconds for a handshake
ACK_EVERY = 128 * 1024  # bytes; half of what step 05 asks for
MOST_CHUNKS = 500  # to remember


class SocketMember(asyncio.Protocol):
    """One person: a WebSocket that looks for markers in what it gets."""

    def __init__(self, crowd, number: int) -> None:
        self.crowd = crowd
        self.port = crowd.port_of(number)
        self.number = number
        self.transport = None
        self.parser = None  # until the handshake is done
        self.handshake = b""
        self.ready = asyncio.get_running_loop().create_future()
        self.heard = []  # tuples of numbers, in the order in which they came
        self.read = self.unconfirmed = 0  # bytes of text frames
        self.close_code = None
        self.is_gone = self.is_leaving = False

    async def enter(self) -> None:
        """Come into the room; return when this person hears what is said there."""
        loop = asyncio.get_running_loop()
        line = socket.socket()
        line.setblocking(False)
        if self.crowd.network_holds:
            # Before connecting: a window that shrinks later makes the sender crawl.
            size = self.crowd.network_holds
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        await loop.sock_connect(line, (self.crowd.host, self.port))
        await loop.create_connection(lambda: self, sock=line)
        try:
            await asyncio.wait_for(self.ready, PATIENCE)
        except TimeoutError:
            raise self.refusal(f"no answer in {PATIENCE} seconds") from None

    def request(self) -> bytes:
        """Return the request with which a browser asks for a WebSocket."""
        place = f"{self.crowd.host}:{self.port}"
        lines = [
            f"GET {self.crowd.path} HTTP/1.1",
            f"Host: {place}",
            f"Origin: http://{place}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
        ]
        if cookies := self.crowd.contestant.cookies:
            lines.append(f"Cookie: {cookies[self.number % len(cookies)]}")
        return "\r\n".join([*lines, "", ""]).encode()

    def refusal(self, why: str) -> CourseError:
        """Return the error that says that this person did not get in."""
        name = self.crowd.contestant.name
        return CourseError(
            f"{name} did not open a WebSocket at {self.crowd.path}: {why}.\n"
            f"What the server says is in build/logs/bench-{name}-{self.port}.log."
        )

    # ---- What the network says -------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:
        """The line is there: ask for a WebSocket."""
        self.transport = transport
        self.write(self.request())

    def connection_lost(self, error: Exception | None) -> None:
        """The line is gone."""
        self.is_gone = True
        self.crowd.broken += not self.is_leaving
        if not self.ready.done():
            why = f"it closed the line, code {self.close_code}"
            self.ready.set_exception(self.refusal(why))

    def data_received(self, data: bytes) -> None:
        """Some bytes have come: frames, wherever the network has cut them."""
        crowd = self.crowd
        crowd.bytes += len(data)
        if self.parser is None and not (data := self.shake_hands(data)):
            return
        chunk = None
        if not self.parser.rest and self.ready.done():
            # Everybody gets the same bytes: only the first one has to look into them.
            chunk = crowd.chunks.get(data)
        numbers, frames, size = chunk or self.look_into(data)
        crowd.frames += frames
        if numbers:
            self.heard.append(numbers)
            crowd.hear(numbers)
        self.read += size
        self.unconfirmed += size
        if self.unconfirmed > ACK_EVERY and crowd.contestant.acks:
            self.unconfirmed = 0
            self.send(b'{"type":"ack","bytes":%d}' % self.read)

    def shake_hands(self, data: bytes) -> bytes:
        """Read the answer to the handshake; return what came behind it."""
        self.handshake += data
        head, end, rest = self.handshake.partition(b"\r\n\r\n")
        if not end:
            return b""
        status = head.split(b"\r\n")[0].decode("latin1")
        if " 101 " not in status:
            if not self.ready.done():
                self.ready.set_exception(self.refusal(status))
            self.transport.abort()
            return b""
        self.parser = Parser()
        contestant = self.crowd.contestant
        if contestant.greeting:
            self.send(contestant.greeting)
        if not contestant.welcome:
            self.ready.set_result(None)
        return rest

    def look_into(self, data: bytes) -> tuple[tuple[int, ...], int, int]:
        """Return the markers in these bytes, the number of frames and their size."""
        crowd = self.crowd
        can_be_kept = not self.parser.rest and self.ready.done()
        frames = self.parser.feed(data)
        texts = [payload for opcode, payload in frames if opcode == TEXT]
        for opcode, payload in frames:
            if opcode == PING:
                self.write(frame(payload, PONG))
            elif opcode == CLOSE:
                self.close_code = int.from_bytes(payload[:2], "big")
                self.transport.close()
        if not self.ready.done():
            if any(crowd.contestant.welcome in text for text in texts):
                self.ready.set_result(None)
        together = b"\n".join(texts)
        if seqs := SEQ.findall(together):
            crowd.newest_seq = max(crowd.newest_seq, int(seqs[-1]))
        chunk = numbers_in(together), len(texts), sum(map(len, texts))
        if can_be_kept and not self.parser.rest and len(texts) == len(frames):
            if len(crowd.chunks) >= MOST_CHUNKS:
                crowd.chunks.clear()
            crowd.chunks[data] = chunk
        return chunk

    # ---- What this person does ---------------------------------------------------

    def send(self, payload: bytes) -> None:
        """Send a text frame."""
        self.write(frame(payload))

    def write(self, data: bytes) -> None:
        """Put bytes on the wire, and count them."""
        self.crowd.bytes += len(data)
        self.transport.write(data)

    def leave(self) -> None:
        """Vanish without a word."""
        self.is_leaving = True
        if self.transport:
            self.transport.abort()
