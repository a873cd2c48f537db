"""WebSocket consumers. Channels creates one for each open socket."""

from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
)


class EchoConsumer(AsyncWebsocketConsumer):
    """Sends every frame back, like bare_echo, but Channels runs the loop for us."""

    async def receive(self, text_data=None, bytes_data=None):
        """Handle a frame: Channels passes its text or its bytes, and None as the other."""
        await self.send(text_data=text_data, bytes_data=bytes_data)


class NoSuchAddress(AsyncJsonWebsocketConsumer):
    """Tells the page that its WebSocket URL doesn't exist. Routed last, as a catch-all.

    Without it, the handshake would fail with HTTP 500, and the browser tells a page
    nothing about a failed handshake except close code 1006.
    """

    async def connect(self):
        # Accept first: only an open socket can carry the reason and our own code.
        await self.accept()
        await self.send_json({"error": f"There is nothing at {self.scope['path']}."})
        await self.close(code=4404)
