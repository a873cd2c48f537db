import json
from datetime import datetime

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class StatusConsumer(AsyncJsonWebsocketConsumer):
    groups = ["broadcast"]

    async def connect(self):
        await self.accept()
        await self.send_json({"now": datetime.now()})

    @classmethod
    async def encode_json(cls, content):
        return json.dumps(content, default=str)
