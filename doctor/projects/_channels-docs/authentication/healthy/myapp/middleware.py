from channels.db import database_sync_to_async


@database_sync_to_async
def get_user(user_id):
    from django.contrib.auth.models import AnonymousUser, User

    try:
        return User.objects.get(id=user_id)
    except User.DoesNotExist:
        return AnonymousUser()


class QueryAuthMiddleware:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["query_string"].isdigit():
            scope["user"] = await get_user(int(scope["query_string"]))
        return await self.app(scope, receive, send)
