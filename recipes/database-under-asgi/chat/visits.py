"""Consumers that count visits in the session."""

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer


class ForgetfulCounter(AsyncJsonWebsocketConsumer):
    """Wrong: over a WebSocket, nothing saves the session at the end."""

    async def connect(self):
        session = self.scope["session"]
        visits = await database_sync_to_async(session.get)("visits", 0) + 1
        session["visits"] = visits
        await self.accept()
        await self.send_json({"visits": visits})


class Counter(AsyncJsonWebsocketConsumer):
    """Right: save() writes the session to the database."""

    async def connect(self):
        visits = await self.count()
        await self.accept()
        await self.send_json({"visits": visits})

    @database_sync_to_async
    def count(self):
        """Count this visit and save the session."""
        session = self.scope["session"]
        session["visits"] = session.get("visits", 0) + 1
        session.save()
        return session["visits"]
