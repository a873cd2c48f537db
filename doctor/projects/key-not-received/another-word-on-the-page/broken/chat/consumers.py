from channels.generic.websocket import AsyncJsonWebsocketConsumer


class ChatConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("everyone", self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard("everyone", self.channel_name)

    async def receive_json(self, content):
        text = content["message"]
        await self.channel_layer.group_send(
            "everyone", {"type": "chat.message", "text": text}
        )

    async def chat_message(self, event):
        await self.send_json({"text": event["text"]})
