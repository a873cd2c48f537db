"""The server's end of each WebSocket: one consumer object for each open socket."""

import asyncio

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from chat.access import user_of
from chat.groups import group_name, group_of_user
from chat.messages import BadMessage, read_message
from chat.models import Message, Room
from chat.server import server_label

LOOK_AGAIN = 25  # seconds; the layer may have lost the news that access has ended


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One socket of one person in one room."""

    group_name = None  # until the socket has joined
    watch = None

    async def connect(self):
        """The browser asks for a socket."""
        # Accept first: before that, all that a browser learns of a refusal is 1006.
        await self.accept()
        self.user = self.scope["user"]
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        if not self.user.is_authenticated:
            await self.refuse(4401, "Log in first.")
            return
        self.room = await Room.open_to(self.user).filter(name=room_name).afirst()
        if self.room is None:
            # The same for a room that does not exist and one that is not for you.
            await self.refuse(4404, f'There is no room "{room_name}" for you.')
        else:
            await self.join()

    async def refuse(self, code, reason):
        """Say why this socket gets nothing, and close it."""
        await self.send_json({"error": reason})
        await self.close(code=code)

    async def join(self):
        """Join the room and catch up with it."""
        self.group_name = group_name(self.room)
        # Join before reading: what is said in between comes twice, and the page drops
        # the second. The other way round it would come never.
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.channel_layer.group_add(group_of_user(self.user), self.channel_name)
        self.watch = asyncio.create_task(self.keep_watch())
        history = await Message.newest_in(self.room)
        await self.send_json({"messages": [message.as_json() for message in history]})

    async def disconnect(self, code):
        """The socket is closed, from either end."""
        if not self.group_name:
            return
        self.watch.cancel()
        for name in (self.group_name, group_of_user(self.user)):
            await self.channel_layer.group_discard(name, self.channel_name)

    async def keep_watch(self):
        """Look now and then whether this person may stay."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            await self.channel_layer.send(
                self.channel_name, {"type": "access.changed", "ended": None}
            )

    async def access_changed(self, event):
        """Something about this person has changed, or might have."""
        session_key = self.scope["session"].session_key
        if event["ended"] == session_key or await user_of(session_key) != self.user:
            await self.refuse(4401, "You have been logged out.")
        elif not await Room.open_to(self.user).filter(pk=self.room.pk).aexists():
            await self.refuse(4404, f'There is no room "{self.room}" for you.')

    async def receive(self, text_data=None, bytes_data=None):
        """A frame from this socket: store the message in it, then pass it on.

        Whatever is wrong with it gets an answer. An exception would close the socket
        with code 1011, up to a second later, and disconnect() would never run.
        """
        try:
            content = read_message(text_data)
        except BadMessage as problem:
            await self.send_json({"error": str(problem)})
            return
        if not self.group_name:
            return  # refused; the close is on its way
        _, port = self.scope["server"]
        message = await Message.objects.acreate(
            room=self.room,
            sender=self.user,  # whoever has logged in, whatever the client claims
            text=content["text"],
            sent_at=content["sent_at"],
            server=server_label(port),
        )
        event = {"type": "chat.message", "message": message.as_json()}
        await self.channel_layer.group_send(self.group_name, event)

    async def chat_message(self, event):
        """A message from the room: events of type "chat.message" arrive here."""
        await self.send_json(event["message"])


class NoSuchAddress(AsyncJsonWebsocketConsumer):
    """Says that nothing lives at this address.

    Without it, the handshake would fail with HTTP 500 and a traceback in the log,
    and a browser does not tell its page why a handshake failed.
    """

    async def connect(self):
        await self.accept()
        await self.send_json({"error": f"There is nothing at {self.scope['path']}."})
        await self.close(code=4404)
