"""Which pages may open a socket: those of our own site."""

from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator, WebsocketDenier


class OwnPages(OriginValidator):
    """Answers 403 to pages of other sites, and to an Origin that no browser sends.

    Channels' own validator fails with a traceback where an Origin is not even a URL.
    """

    async def __call__(self, scope, receive, send):
        """Pass a handshake on, or deny it."""
        if not all(map(is_url, origins_in(scope))):
            return await WebsocketDenier()(scope, receive, send)
        return await super().__call__(scope, receive, send)


def origins_in(scope):
    """Return the Origin headers of a handshake."""
    return [value for name, value in scope["headers"] if name == b"origin"]


def is_url(origin):
    """Tell whether an origin can be taken apart, down to its port."""
    try:
        parts = urlsplit(origin.decode("latin1"))
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
