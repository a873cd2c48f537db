"""Which pages may open a socket: those of our own site."""

from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator


class OwnPages(OriginValidator):
    """Answers 403 to pages of other sites, and to an Origin that no browser sends.

    Channels' own `__call__` fails with a traceback if an Origin isn't a URL. It also
    runs a consumer to refuse each stranger, which takes a connection to Redis.
    """

    async def __call__(self, scope, receive, send):
        """Pass a handshake on, or deny it."""
        if self.allows(scope):
            return await self.application(scope, receive, send)
        await receive()  # "websocket.connect"
        await send({"type": "websocket.close"})

    def allows(self, scope):
        """Return whether a handshake names one of our origins, and no other."""
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        try:
            return bool(origins) and all(map(self.valid_origin, map(parse, origins)))
        except ValueError:
            return False


def parse(origin):
    """Return the parts of an Origin; raise ValueError if it's malformed."""
    parts = urlsplit(origin.decode("latin1"))
    parts.port  # noqa: B018 - raises ValueError if it isn't a number up to 65535
    return parts
