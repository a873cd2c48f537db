"""A consumer that agrees with its client on a subprotocol, such as a version.

A browser offers some: `new WebSocket(url, ["chat.v2", "chat.v1"])`. The server must name
one of them in its answer, or the browser closes the connection (RFC 6455, section 4.1).
"""

from chat.consumers import ChatConsumer
from chat.groups import group_name

SPOKEN = ["chat.v2", "chat.v1"]  # what this server speaks; the best first


class VersionedConsumer(ChatConsumer):
    """Connects one client to one room, in a version that both speak."""

    async def connect(self):
        """Choose a version, join the room, and complete the handshake."""
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = group_name(self.room_name)
        self.version = choose(self.scope["subprotocols"])
        if self.scope["subprotocols"] and self.version is None:
            # Not accept(): without a subprotocol in the answer, the browser closes the
            # connection anyway. It shows our 403 in its console.
            await self.close()
            return
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept(subprotocol=self.version)


def choose(offered):
    """Return the best version that was offered, or None. A client may offer none."""
    return next((version for version in SPOKEN if version in offered), None)
