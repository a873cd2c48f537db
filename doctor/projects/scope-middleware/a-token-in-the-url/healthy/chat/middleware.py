from urllib.parse import parse_qs


class TokenMiddleware:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, *args):
        query = parse_qs(scope["query_string"].decode())
        return await self.inner(dict(scope, token=query.get("token")), *args)


class Rule:
    def __init__(self, limit):
        self.limit = limit

    def __call__(self, scope):
        return scope["path"].count("/") < self.limit
