import hashlib
import json

from channels.generic.websocket import AsyncWebsocketConsumer

from chat.models import Message


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        kwargs = self.scope["url_route"]["kwargs"]
        room_name, self.kind = kwargs["name"], kwargs["room"]
        self.group_name = group_name_of(room_name)
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group_name, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        try:
            text = json.loads(text_data)["text"]
        except (TypeError, KeyError, json.JSONDecodeError):
            await self.close()
            return
        await Message.objects.acreate(text=text)
        await self.channel_layer.group_send(
            self.group_name,
            {"type": "chat.message", "text": text},
        )

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"text": event["text"]}))


def group_name_of(room_name):
    return "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32]
