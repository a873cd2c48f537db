"""The consumer of the tutorial's third part, the asynchronous one."""

import json
import os

from channels.generic.websocket import AsyncWebsocketConsumer
from tutorial.models import Message

STORE = "STORE" in os.environ


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket in one room."""

    async def connect(self):
        """Somebody comes in: join the group of the room."""
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = f"chat_{self.room_name}"
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        """Somebody is gone: leave the group."""
        await self.channel_layer.group_discard(self.group_name, self.channel_name)

    async def receive(self, text_data):
        """A message from this socket: pass it to the room."""
        message = json.loads(text_data)["message"]
        if STORE:
            await Message.objects.acreate(room=self.room_name, text=message)
        event = {"type": "chat.message", "message": message}
        await self.channel_layer.group_send(self.group_name, event)

    async def chat_message(self, event):
        """A message from the room: pass it to this socket."""
        await self.send(text_data=json.dumps({"message": event["message"]}))
