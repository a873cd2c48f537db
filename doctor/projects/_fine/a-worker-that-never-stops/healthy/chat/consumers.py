import asyncio
import hashlib
import json

from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer


class Worker(AsyncConsumer):
    async def clock_start(self, message):
        while True:
            await self.channel_layer.group_send("chat.clock", {"type": "chat.message"})
            await asyncio.sleep(60)


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.names = {"chat.clock", group_name_of(room_name)}
        for name in self.names:
            await self.channel_layer.group_add(name, self.channel_name)
        await self.accept()
        await self.channel_layer.send("clock", {"type": "clock.start"})

    async def disconnect(self, code):
        for name in self.names:
            await self.channel_layer.group_discard(name, self.channel_name)

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"text": event.get("text", "tick")}))


async def answer_of(channel):
    layer = get_channel_layer()
    mine = await layer.new_channel()
    await layer.send(channel, {"type": "question", "reply_to": mine})
    return await layer.receive(mine)


def group_name_of(room_name):
    return "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32]
