"""One HTTP connection, as a browser keeps it open: a question, its answer, the next one."""

import asyncio
import re

from course.errors import CourseError

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CLOSES = re.compile(rb"(?i)\r\nconnection: *close")

# What a browser says with each question, whether it is needed or not.
HEADERS = """\
Host: {place}
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
Accept: {accept}
Accept-Language: en-US,en;q=0.5
Accept-Encoding: gzip, deflate, br, zstd
Referer: http://{place}/chat/class/
Connection: keep-alive
Sec-Fetch-Dest: empty
Sec-Fetch-Mode: cors
Sec-Fetch-Site: same-origin
Priority: u=4
""".replace("\n", "\r\n")


class Line(asyncio.Protocol):
    """One HTTP connection that stays open: a question, its answer, the next question."""

    def __init__(self, crowd, port: int) -> None:
        self.crowd = crowd
        self.port = port
        self.transport = None
        self.buffer = b""
        self.answer = None
        self.on_event = None  # for an answer that never ends

    def connection_made(self, transport: asyncio.Transport) -> None:
        """The line is there."""
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """The line is gone."""
        if self.transport and self.answer and not self.answer.done():
            self.answer.set_exception(ConnectionError("the server closed the line"))

    def close(self) -> None:
        """Close the line; the next question opens another one."""
        if self.transport:
            self.transport.abort()
        self.transport = None

    async def ask(self, path: str, body: bytes = b"", accept: str = "*/*") -> bytes:
        """Send a question, or with a body, a message; return the answer."""
        headers = HEADERS.format(place=f"{self.crowd.host}:{self.port}", accept=accept)
        if body:
            headers += (
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            )
        first = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\n"
        question = first.encode() + headers.encode() + b"\r\n" + body
        loop = asyncio.get_running_loop()
        if self.transport is None:
            await loop.create_connection(lambda: self, self.crowd.host, self.port)
        self.answer = loop.create_future()
        self.crowd.requests += 1
        self.crowd.bytes += len(question)
        self.transport.write(question)
        return await self.answer

    def data_received(self, data: bytes) -> None:
        """Some bytes of an answer."""
        self.crowd.bytes += len(data)
        self.buffer += data
        if self.answer.done():
            self.pass_on_events()
            return
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if end and b" 20" not in head[:12]:
            status = head.split(b"\r\n")[0].decode("latin1")
            self.answer.set_exception(CourseError(f"{self.crowd.path}: {status}"))
        elif end and (self.on_event or is_complete(head, rest)):
            self.buffer = rest if self.on_event else b""
            self.answer.set_result(rest)
            # waitress does so after each answer that does not say how long it is.
            if CLOSES.search(head):
                self.close()
            self.pass_on_events()

    def pass_on_events(self) -> None:
        """Hand over the events that are complete."""
        events, end, rest = self.buffer.rpartition(b"\n\n")
        if end and self.on_event:
            self.buffer = rest
            self.on_event(events)


def is_complete(head: bytes, body: bytes) -> bool:
    """Tell whether a body is all there, by its length or by its last chunk.

    Chunks are not put together: an answer as short as ours comes in one.
    """
    if length := LENGTH.search(head):
        return len(body) >= int(length[1])
    return body.endswith(b"\r\n0\r\n\r\n")
