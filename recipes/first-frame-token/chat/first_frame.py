"""A consumer for clients without a session cookie: the first frame must hold a token."""

import asyncio
import json

from chat.consumers import ChatConsumer
from chat.groups import group_name
from chat.messages import BadMessage, read_message
from chat.server import server_label
from chat.tokens import BadToken, name_in

SECONDS_FOR_TOKEN = 5
LOG_IN_AGAIN = 4401  # a close code of our own; applications may use 4000 to 4999


class FirstFrameConsumer(ChatConsumer):
    """Connects one client to one room, after it has sent `{"token": "…"}`.

    Why not `?token=…` in the URL: servers and proxies write URLs into their logs, and
    whoever reads a log could then use the token until it expires.
    """

    name = None  # of the person, once the token has been checked
    is_refused = False
    timer = None

    async def connect(self):
        """Complete the handshake, but join no group: nothing is sent before the token."""
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = group_name(self.room_name)
        self.timer = asyncio.create_task(self.refuse_later())
        await self.accept()

    async def disconnect(self, code):
        """Leave the room, and stop waiting for a token."""
        self.timer.cancel()
        await super().disconnect(code)

    async def receive(self, text_data=None, bytes_data=None):
        """Check the token in the first frame; send the message in any later one."""
        if self.is_refused:
            return  # sent before the client knew: a second try needs a new socket
        if self.name is None:
            await self.log_in(text_data)
        else:
            await self.send_to_room(text_data)

    async def log_in(self, frame):
        """Join the room if the frame holds a valid token; otherwise close the socket."""
        self.timer.cancel()
        try:
            self.name = name_in(token_of(frame))
        except BadToken as problem:
            await self.refuse(str(problem))
            return
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.send_json({"welcome": self.name})

    async def send_to_room(self, frame):
        """Send a message to everyone in the room, under the name in the token."""
        try:
            message = read_message(frame)
        except BadMessage as problem:
            await self.send_json({"error": str(problem)})
            return
        _, port = self.scope["server"]
        message |= {"room": self.room_name, "server": server_label(port)}
        message["sender"] = self.name  # the client can't choose another one
        event = {"type": "chat.message", "message": message}
        await self.channel_layer.group_send(self.group_name, event)

    async def refuse(self, reason):
        """Send the reason, then close; a close frame from Daphne carries only a code."""
        self.is_refused = True
        await self.send_json({"error": reason})
        await self.close(code=LOG_IN_AGAIN)

    async def refuse_later(self):
        """Close the socket if no token comes; otherwise anyone could hold thousands."""
        await asyncio.sleep(SECONDS_FOR_TOKEN)
        await self.refuse(f"No token came within {SECONDS_FOR_TOKEN} seconds.")


def token_of(frame):
    """Return the token in a frame, or None; a binary frame comes as None."""
    try:
        return json.loads(frame)["token"]
    except (TypeError, ValueError, LookupError, RecursionError):
        return None
