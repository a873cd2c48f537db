"""The server's end of each WebSocket: one consumer object for each open socket."""

from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
)


class EchoConsumer(AsyncWebsocketConsumer):
    """Sends back what it is sent: the same as bare_echo, with the loop in Channels."""

    async def receive(self, text_data=None, bytes_data=None):
        """A frame from this socket."""
        await self.send(text_data=text_data, bytes_data=bytes_data)


class NoSuchAddress(AsyncJsonWebsocketConsumer):
    """Says that there is nothing at this URL.

    Without it, the handshake would fail with HTTP 500 and a traceback in the log, and
    a browser doesn't tell the page why a handshake failed.
    """

    async def connect(self):
        await self.accept()
        await self.send_json({"error": f"There is nothing at {self.scope['path']}."})
        await self.close(code=4404)
