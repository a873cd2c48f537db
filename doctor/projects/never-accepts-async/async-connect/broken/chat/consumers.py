import hashlib
import json

from asgiref.sync import async_to_sync
from channels.generic.websocket import WebsocketConsumer

from chat.models import Message


class ChatConsumer(WebsocketConsumer):
    async def connect(self):
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = group_name_of(room_name)
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        self.accept()

    def disconnect(self, code):
        async_to_sync(self.channel_layer.group_discard)(
            self.group_name, self.channel_name
        )

    def receive(self, text_data=None, bytes_data=None):
        try:
            text = json.loads(text_data)["text"]
        except (TypeError, KeyError, json.JSONDecodeError):
            self.close()
            return
        Message.objects.create(text=text)
        async_to_sync(self.channel_layer.group_send)(
            self.group_name, {"type": "chat.message", "text": text}
        )

    def chat_message(self, event):
        self.send(text_data=json.dumps({"text": event["text"]}))


def group_name_of(room_name):
    return "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32]
