"""The server's end of each WebSocket: one consumer object for each open socket."""

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from chat.groups import group_name
from chat.messages import BadMessage, read_message
from chat.server import server_label


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One socket in one room: it passes on what it hears, both ways."""

    async def connect(self):
        """The browser asks for a socket."""
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = group_name(self.room_name)
        # Join before accepting: a message sent in between would be lost.
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        """The socket is closed, from either end."""
        await self.channel_layer.group_discard(self.group_name, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        """A frame from this socket: pass the message in it to everyone in the room.

        Whatever is wrong with it gets an answer. An exception would close the socket
        with code 1011, up to a second later, and disconnect() would never run.
        """
        try:
            message = read_message(text_data)
        except BadMessage as problem:
            await self.send_json({"error": str(problem)})
            return
        _, port = self.scope["server"]
        message |= {"room": self.room_name, "server": server_label(port)}
        event = {"type": "chat.message", "message": message}
        await self.channel_layer.group_send(self.group_name, event)

    async def chat_message(self, event):
        """A message from the room: events of type "chat.message" arrive here."""
        await self.send_json(event["message"])


class NoSuchAddress(AsyncJsonWebsocketConsumer):
    """Says that there is nothing at this URL.

    Without it, the handshake would fail with HTTP 500 and a traceback in the log, and
    a browser doesn't tell the page why a handshake failed.
    """

    async def connect(self):
        await self.accept()
        await self.send_json({"error": f"There is nothing at {self.scope['path']}."})
        await self.close(code=4404)
