import json

from asgiref.sync import async_to_sync
from channels.generic.websocket import WebsocketConsumer

from chat.models import Message, Room


class ChatConsumer(WebsocketConsumer):
    def connect(self):
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room, _ = Room.objects.get_or_create(name=room_name)
        self.group_name = f"room.{self.room.pk}"
        async_to_sync(self.channel_layer.group_add)(self.group_name, self.channel_name)
        self.accept()
        for message in self.room.messages.all():
            self.send(text_data=json.dumps({"text": message.text}))

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
        message = Message(room=self.room, text=text)
        message.save()
        event = {"type": "chat.message", "text": text}
        async_to_sync(self.channel_layer.group_send)(self.group_name, event)

    def chat_message(self, event):
        self.send(text_data=json.dumps({"text": event["text"]}))
