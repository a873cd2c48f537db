from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer


class ChatConsumer(AsyncConsumer):
    async def websocket_connect(self, event):
        await self.channel_layer.group_add("chat.everyone", self.channel_name)
        await self.send({"type": "websocket.accept"})

    async def websocket_disconnect(self, event):
        await self.channel_layer.group_discard("chat.everyone", self.channel_name)
        raise StopConsumer()

    async def websocket_receive(self, event):
        text = event["text"]
        await self.channel_layer.group_send(
            "chat.everyone", {"type": "chat.message", "text": text}
        )

    async def chat_message(self, event):
        await self.send({"type": "websocket.send", "text": event["text"]})
