"""The least that can be called a chat: it copies each frame to every socket.

It is there to find out how much the clients of the bench can take. With `gather`, what
came in within one turn of the event loop goes out in one write.

    python -m course.bench.peers.raw_chat 8000 [gather]
"""

import asyncio
import base64
import hashlib
import re
import sys

from course.websocket_frames import TEXT, Parser, frame

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 4.2.2

everybody = set()
waiting = []
gathers = "gather" in sys.argv


class Socket(asyncio.Protocol):
    """One socket: a handshake, then frames."""

    def connection_made(self, transport):
        self.transport = transport
        self.parser = None

    def connection_lost(self, error):
        everybody.discard(self)

    def data_received(self, data):
        if self.parser is None:
            self.shake_hands(data)
            return
        for opcode, payload in self.parser.feed(data):
            if opcode == TEXT:
                tell(frame(payload, masked=False))

    def shake_hands(self, request):
        """Answer the request for a WebSocket."""
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", request)[1]
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.parser = Parser()
        everybody.add(self)


def tell(message):
    """Send a frame to everybody, at once or with those that come in this turn."""
    if not gathers:
        for socket in everybody:
            socket.transport.write(message)
        return
    if not waiting:
        asyncio.get_running_loop().call_soon(tell_all)
    waiting.append(message)


def tell_all():
    """Send all frames that have been gathered."""
    together = b"".join(waiting)
    waiting.clear()
    for socket in everybody:
        socket.transport.write(together)


async def main(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Socket, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    run(main(int(sys.argv[1])))
