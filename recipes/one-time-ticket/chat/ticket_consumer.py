"""A consumer for clients without a session cookie: the URL must hold a fresh ticket."""

from urllib.parse import parse_qs

from asgiref.sync import sync_to_async

from chat.consumers import ChatConsumer
from chat.messages import BadMessage, read_message
from chat.server import server_label
from chat.tickets import redeem

TRY_ANOTHER = 4401  # a close code of our own; applications may use 4000 to 4999


class TicketConsumer(ChatConsumer):
    """Connects one client to one room, if it comes with `?ticket=…`."""

    name = None  # of the person, if the ticket was valid

    async def connect(self):
        """Redeem the ticket, and join the room; or say why not."""
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        # In a thread, because the cache is another server, and we wait for its answer.
        self.name = await sync_to_async(redeem)(query.get("ticket", [""])[0])
        if self.name is not None:
            await super().connect()
            return
        # Accept first: a page learns nothing of a failed handshake but code 1006.
        await self.accept()
        await self.send_json({"error": "The ticket is missing, used or expired."})
        await self.close(code=TRY_ANOTHER)

    async def disconnect(self, code):
        """Leave the room, if we joined it."""
        if self.name is not None:
            await super().disconnect(code)

    async def receive(self, text_data=None, bytes_data=None):
        """Send a message to everyone in the room, under the name of the ticket."""
        if self.name is None:
            return  # sent before the client knew that it was refused
        try:
            message = read_message(text_data)
        except BadMessage as problem:
            await self.send_json({"error": str(problem)})
            return
        _, port = self.scope["server"]
        message |= {"room": self.room_name, "server": server_label(port)}
        message["sender"] = self.name  # the client can't choose another one
        event = {"type": "chat.message", "message": message}
        await self.channel_layer.group_send(self.group_name, event)
