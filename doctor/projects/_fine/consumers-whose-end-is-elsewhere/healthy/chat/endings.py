from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer


class EndingConsumer(AsyncConsumer):
    async def websocket_disconnect(self, event):
        raise StopConsumer()


class Ending:
    async def stop(self, event):
        raise StopConsumer()

    websocket_disconnect = stop
