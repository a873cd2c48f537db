import asyncio
import hashlib

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class ChatConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = group_name_of(room_name)
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group_name, self.channel_name)

    async def receive_json(self, content):
        if not content:
            await asyncio.gather(self.close())
            return
        await self.channel_layer.group_send(
            self.group_name, {"type": "chat.message", "text": str(content)}
        )

    async def chat_message(self, event):
        await self.send_json({"text": event["text"]})


def group_name_of(room_name):
    return "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32]
