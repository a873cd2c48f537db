import hashlib
import json

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from chat.models import Message


class ChatConsumer(AsyncConsumer):
    async def websocket_connect(self, event):
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = group_name_of(room_name)
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.send({"type": "websocket.accept"})

    async def websocket_disconnect(self, event):
        await self.channel_layer.group_discard(self.group_name, self.channel_name)
        raise StopConsumer()

    async def websocket_receive(self, event):
        try:
            text = json.loads(event["text"])["text"]
        except (TypeError, KeyError, json.JSONDecodeError):
            await self.send({"type": "websocket.close"})
            return
        await Message.objects.acreate(text=text)
        await self.channel_layer.group_send(
            self.group_name,
            {"type": "chat.message", "text": text},
        )

    async def chat_message(self, event):
        await self.send(
            {"type": "websocket.send", "text": json.dumps({"text": event["text"]})}
        )


def group_name_of(room_name):
    return "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32]
