from urllib.parse import parse_qs


class TokenMiddleware:
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, scope):
        query = parse_qs(scope["query_string"].decode())
        return self.inner(dict(scope, token=query.get("token")))
