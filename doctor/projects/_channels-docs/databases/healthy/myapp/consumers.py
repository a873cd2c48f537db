from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User


class NameConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.username = await database_sync_to_async(self.get_name)()
        self.other = await self.get_other_name()
        self.third = (await User.objects.afirst()).username
        await self.accept()

    def get_name(self):
        return User.objects.all()[0].username

    @database_sync_to_async
    def get_other_name(self):
        return User.objects.all()[0].username
