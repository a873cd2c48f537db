import json

from channels.generic.websocket import AsyncWebsocketConsumer

from chat.models import Message, Room


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.user = self.scope["user"]
        self.room, _ = await Room.objects.aget_or_create(name=room_name)
        self.group_name = f"room.{self.room.pk}"
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept()
        await self.send_history()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group_name, self.channel_name)

    async def send_history(self):
        async for message in Message.objects.order_by("pk"):
            name = message.author.username if message.author_id else "guest"
            await self.send(text_data=json.dumps({"text": message.text, "by": name}))
        newest = await self.room.messages.filter(author__isnull=False).alast()
        if newest is not None:
            await self.send(text_data=json.dumps({"text": newest.author.username}))

    async def receive(self, text_data=None, bytes_data=None):
        try:
            text = json.loads(text_data)["text"]
        except (TypeError, KeyError, json.JSONDecodeError):
            await self.close()
            return
        author = self.user if self.user.is_authenticated else None
        await Message.objects.acreate(room=self.room, author=author, text=text)
        await self.channel_layer.group_send(
            self.group_name,
            {"type": "chat.message", "text": text},
        )

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"text": event["text"]}))
