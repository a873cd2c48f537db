from channels.db import database_sync_to_async
from channels.middleware import BaseMiddleware
from django.contrib.auth import get_user_model

User = get_user_model()


class TokenAuth(BaseMiddleware):
    async def __call__(self, scope, receive, send):
        scope["user"] = await database_sync_to_async(User.objects.first)()
        return await super().__call__(scope, receive, send)
