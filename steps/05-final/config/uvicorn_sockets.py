"""WebSockets for uvicorn, protected against floods: `uvicorn --ws` names this class.

uvicorn reads up to 256 KiB at a time and handles every frame in it before any other
socket has a turn. Pings and parts of messages never reach the application, so its limits don't
count them: 40,000 empty pings take half a second, from people who never logged in.
"""

import logging
import os

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from chat import limits

PIECE = 4096  # bytes that are handled before their frames are counted
LAST_PATIENCE = 2  # seconds for a closed socket to take its last bytes

BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)

log = logging.getLogger(__name__)


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One socket, with a budget for frames of every kind, even after its close."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # More than the application allows, because it can say why it closes a socket.
        self.budget = limits.Bucket(2 * limits.FRAMES_RATE, 2 * limits.FRAMES)
        self.unread = bytearray()

    def data_received(self, data):
        """Take bytes from the network."""
        self.unread += data
        self.read_on()

    def read_on(self):
        """Handle the bytes so far, until the application has something to do."""
        while self.unread and not (self.read_paused or self.transport.is_closing()):
            piece = bytes(self.unread[:PIECE])
            del self.unread[:PIECE]
            super().data_received(piece)

    async def receive(self):
        """Give the application the next event, then go on reading."""
        event = await super().receive()
        self.read_on()
        return event

    def handle_events(self):
        """Handle frames; if there are too many, end the connection."""
        if self.budget.take(len(self.conn.events)):
            log.info("A client sends too many frames.", extra={"client": self.client})
            self.transport.abort()
            return
        super().handle_events()
        if self.conn.handshake_exc and not self.transport.is_closing():
            # Too many headers, for example: uvicorn wouldn't answer.
            answer = b"".join(self.conn.data_to_send())
            self.transport.write(answer or BAD_REQUEST)
            self.transport.close()

    def send_receive_event_to_app(self):
        """Refuse text that isn't UTF-8, for which uvicorn would log a traceback."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.fail(1007)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self):
        """Close the socket of a client whose bytes are not frames."""
        if self.conn.close_sent:
            super().handle_parser_exception()
        else:
            self.transport.close()

    async def send(self, message):
        """Send an event of the application; a frame may come encoded (chat/frames.py).

        uvicorn would encode the same frame again for each of a thousand sockets, which
        takes a sixth of the CPU time in a large room.
        """
        data = message.get("encoded")
        is_plain = self.conn.state is OPEN and not self.conn.extensions
        if data and is_plain and not self.close_sent:
            await self.writable.wait()
            self.transport.write(data)
        else:
            await super().send(message)

    async def run_asgi(self):
        """Run the application, and soon after it drop the connection."""
        await super().run_asgi()
        self.loop.call_later(LAST_PATIENCE, self.transport.abort)
