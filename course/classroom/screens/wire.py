"""HTTP and WebSocket for the people on a screen: real connections, every byte counted.

Each request has the headers that a browser sends, because bytes are what some screens
show. Both classes use only the standard library, so that a class needs no more packages
than the chats.
"""

import asyncio
import base64
import os
import re

from course.servers import HOST
from course.websocket_frames import CLOSE, PING, PONG, TEXT, Parser, frame

LONGEST_ANSWER = 30  # seconds; a long poll is held for 25

# What Chromium sends with each request of a page, in its order.
BROWSER = {
    "Connection": "keep-alive",
    "Pragma": "no-cache",
    "Cache-Control": "no-cache",
    "sec-ch-ua-platform": '"Linux"',
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/156.0.0.0 Safari/537.36",
    "sec-ch-ua": '"Not:A-Brand";v="8", "Chromium";v="156"',
    "Accept-Language": "en-GB,en;q=0.9",
    "sec-ch-ua-mobile": "?0",
    "Accept": "*/*",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
OF_A_HANDSHAKE = {
    "Connection": "Upgrade",
    "Pragma": "no-cache",
    "Cache-Control": "no-cache",
    "User-Agent": BROWSER["User-Agent"],
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Accept-Encoding": BROWSER["Accept-Encoding"],
    "Accept-Language": BROWSER["Accept-Language"],
}


class Refused(Exception):
    """A server gave another answer than the one that was asked for."""


class Meter:
    """What has crossed the wire, in both directions."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Count from zero."""
        self.requests = 0
        self.frames = 0
        self.pings = 0
        self.sent = 0
        self.received = 0

    @property
    def bytes(self) -> int:
        """All bytes, both directions together."""
        return self.sent + self.received


class Http:
    """One browser's connection to one server. It stays open if the server lets it."""

    def __init__(self, port: int, meter: Meter | None = None) -> None:
        self.port = port
        self.meter = meter or Meter()
        self.place = f"{HOST}:{port}"
        self.cookies = {}
        self.lock = asyncio.Lock()  # one request at a time, as HTTP/1.1 wants it
        self.streams = None

    async def get(self, path: str) -> tuple[int, str]:
        """Send a GET request; return the status and the body."""
        return await self.ask("GET", path)

    async def post(self, path: str, body: str, kind: str) -> tuple[int, str]:
        """Send a POST request; return the status and the body."""
        return await self.ask("POST", path, body.encode(), kind)

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = ""
    ) -> tuple[int, str]:
        """Send a request; return the status and the body of the response."""
        request = self.head_of(method, path, body, kind).encode() + body
        async with self.lock, asyncio.timeout(LONGEST_ANSWER):
            self.meter.requests += 1
            kept = self.streams is not None
            try:
                return await self.exchange(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                # The server had closed a connection that nobody used.
                self.close()
                if not kept:
                    raise
                return await self.exchange(request)

    def head_of(self, method: str, path: str, body: bytes, kind: str) -> str:
        """Return the request line and the headers, as a browser writes them."""
        home = f"http://{self.place}"
        headers = {"Host": self.place} | BROWSER | {"Referer": f"{home}/chat/class/"}
        if body:
            headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
            headers["Origin"] = home
        if self.cookies:
            pairs = [f"{name}={value}" for name, value in self.cookies.items()]
            headers["Cookie"] = "; ".join(pairs)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""])

    async def exchange(self, request: bytes) -> tuple[int, str]:
        """Write a request and read its response."""
        if self.streams is None:
            self.streams = await asyncio.open_connection(HOST, self.port)
        reader, writer = self.streams
        self.meter.sent += len(request)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        self.meter.received += len(head)
        first, *lines = head.decode("latin1").strip().split("\r\n")
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            headers.append((name.lower(), value.strip()))
        self.keep_cookies(headers)
        headers = dict(headers)
        body = await self.body_of(reader, headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(first.split()[1]), body.decode("utf-8", "replace")

    def keep_cookies(self, headers: list[tuple[str, str]]) -> None:
        """Keep the cookies of a response."""
        for name, value in headers:
            if name == "set-cookie":
                key, _, content = value.partition(";")[0].partition("=")
                self.cookies[key] = content

    async def body_of(self, reader: asyncio.StreamReader, headers: dict) -> bytes:
        """Read the body of a response: by its length, in chunks, or to the end."""
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
            self.meter.received += len(body)
            return body
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                line = await reader.readuntil(b"\r\n")
                size = int(line, 16)
                part = await reader.readexactly(size + 2)
                self.meter.received += len(line) + len(part)
                body += part[:-2]
                if not size:
                    return body
        body = await reader.read()
        self.meter.received += len(body)
        self.close()
        return body

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self.streams:
            self.streams[1].transport.abort()
        self.streams = None


class WebSocket:
    """One open WebSocket. Its frames are in `inbox`; None there means that it's closed."""

    def __init__(self, port: int, meter: Meter | None = None) -> None:
        self.port = port
        self.meter = meter or Meter()
        self.inbox = asyncio.Queue()
        self.code = None  # the close code, once it is closed
        self.task = None
        self.writer = None

    async def open(self, path: str, cookies: dict[str, str]) -> None:
        """Do the handshake, with the headers that a browser sends."""
        async with asyncio.timeout(LONGEST_ANSWER):
            reader, self.writer = await asyncio.open_connection(HOST, self.port)
            self.send_bytes(self.request(path, cookies))
            head = await reader.readuntil(b"\r\n\r\n")
        self.meter.received += len(head)
        status = head.split(b"\r\n")[0].decode("latin1")
        if " 101 " not in status:
            self.close()
            raise Refused(f"The server at port {self.port} refused a socket: {status}.")
        self.task = asyncio.create_task(self.read(reader))

    def request(self, path: str, cookies: dict[str, str]) -> bytes:
        """Return the request of a handshake."""
        place = f"{HOST}:{self.port}"
        headers = {"Host": place} | OF_A_HANDSHAKE
        headers["Origin"] = f"http://{place}"
        headers["Sec-WebSocket-Key"] = base64.b64encode(os.urandom(16)).decode()
        if cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in cookies.items())
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Put what comes into the inbox, until the socket is closed."""
        parser = Parser()
        code = 1006
        try:
            while data := await reader.read(65536):
                self.meter.received += len(data)
                for opcode, payload in parser.feed(data):
                    if opcode == TEXT:
                        self.meter.frames += 1
                        self.inbox.put_nowait(payload.decode())
                    elif opcode == PING:
                        self.meter.pings += 1
                        self.send_bytes(frame(payload, PONG))
                    elif opcode == CLOSE:
                        code = int.from_bytes(payload[:2], "big") or 1005
        except ConnectionError:
            pass
        finally:
            self.code = code
            self.inbox.put_nowait(None)
            self.writer.transport.abort()

    @property
    def is_open(self) -> bool:
        """Tell whether the socket can carry a frame."""
        return self.task is not None and self.code is None

    def send(self, text: str) -> None:
        """Send a text frame."""
        self.send_bytes(frame(text.encode()))

    def send_bytes(self, data: bytes) -> None:
        """Write bytes, and count them."""
        self.meter.sent += len(data)
        self.writer.write(data)

    def close(self) -> None:
        """Drop the connection, as a network does that has gone."""
        if self.writer:
            self.writer.transport.abort()


def token_in(page: str) -> str:
    """Return the CSRF token of a form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    if not found:
        raise Refused("The log-in page of step 05 has no form.")
    return found[1]
