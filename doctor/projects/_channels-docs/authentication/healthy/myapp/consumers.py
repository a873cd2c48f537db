from channels.auth import get_user, login, logout
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.user = self.scope["user"]
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        if text_data == "logout":
            await logout(self.scope)
        else:
            self.user = await get_user(self.scope)
            await login(self.scope, self.user)
        # Saving the session needs the database.
        await database_sync_to_async(self.scope["session"].save)()
