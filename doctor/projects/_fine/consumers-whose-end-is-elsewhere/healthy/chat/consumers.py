from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from chat_tools.consumers import EndingMixin

from chat.endings import Ending, EndingConsumer


class ChatConsumer(EndingConsumer):
    async def websocket_connect(self, event):
        await self.send({"type": "websocket.accept"})


class MixedConsumer(Ending, AsyncConsumer):
    async def websocket_connect(self, event):
        await self.send({"type": "websocket.accept"})


class UnknownConsumer(EndingMixin, AsyncConsumer):
    async def websocket_connect(self, event):
        await self.send({"type": "websocket.accept"})


class BaseConsumer(AsyncWebsocketConsumer):
    async def websocket_connect(self, event):
        await self.accept()


class OpenConsumer(AsyncConsumer):
    async def websocket_connect(self, event):
        await self.send({"type": "websocket.accept"})


class OpenAndCloseConsumer(OpenConsumer):
    async def websocket_disconnect(self, event):
        raise StopConsumer()


class ClosedConsumer(AsyncConsumer):
    async def websocket_connect(self, event):
        await self.send({"type": "websocket.close"})
        raise StopConsumer()


class OwnWayConsumer(AsyncConsumer):
    async def websocket_connect(self, event):
        await self.send({"type": "websocket.accept"})

    async def dispatch(self, message):
        if message["type"] == "websocket.disconnect":
            raise StopConsumer()
        await super().dispatch(message)
