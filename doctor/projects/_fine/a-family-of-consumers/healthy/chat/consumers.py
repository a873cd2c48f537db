import hashlib
import json

from channels.generic.websocket import AsyncWebsocketConsumer


class RoomConsumer(AsyncWebsocketConsumer):
    """What every room does; the heirs say who may enter, and what a command does."""

    async def connect(self):
        self.group_name = self.prefix + self.digest
        await self.enter()
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group_name, self.channel_name)

    @property
    def digest(self):
        name = self.scope["url_route"]["kwargs"]["room_name"]
        return hashlib.sha256(name.encode()).hexdigest()[:32]

    async def receive(self, text_data=None, bytes_data=None):
        try:
            data = json.loads(text_data)
            command = getattr(self, f"on_{data['type']}", None)
        except (TypeError, KeyError, ValueError):
            await self.close(4000)
            return
        if command:
            await command(data)

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"text": event["text"]}))


class ChatConsumer(RoomConsumer):
    prefix = "chat."

    async def enter(self):
        self.sent = 0

    async def on_message(self, data):
        self.sent += 1
        if self.sent > self.limit:
            await self.close(4008)
            return
        await self.channel_layer.group_send(
            self.group_name, {"type": "chat.message", "text": str(data.get("text"))}
        )

    @property
    def limit(self):
        return 100
