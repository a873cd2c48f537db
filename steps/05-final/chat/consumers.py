"""The server's end of each WebSocket: one consumer object for each open socket."""

import asyncio
import logging
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import DatabaseError

from chat.access import user_of
from chat.groups import group_name, group_of_user
from chat.messages import LARGEST_INTEGER, BadMessage, read_message
from chat.models import Message, Room
from chat.server import server_label

LOOK_AGAIN = 25  # seconds; the layer may have lost whatever it should have carried

log = logging.getLogger(__name__)


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One socket of one person in one room.

    The database is what is true; the channel layer only says that there is something
    to look at, and may lose it. So this remembers the number of the last message that
    it has sent, and whatever comes, sends what follows: all of it, once, in order.
    """

    room = None  # until the socket has joined
    watch = None

    async def __call__(self, scope, receive, send):
        """Run for as long as the socket is open, and leave nothing running behind it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Here, for disconnect() is not called after an exception.
            if self.watch:
                self.watch.cancel()

    async def connect(self):
        """The browser asks for a socket."""
        # Accept first: before that, all that a browser learns of a refusal is 1006.
        await self.accept()
        self.user = self.scope["user"]
        if not self.user.is_authenticated:
            await self.refuse(4401, "Log in first.")
            return
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        room = await Room.open_to(self.user).filter(name=room_name).afirst()
        if room is None:
            # The same for a room that does not exist and one that is not for you.
            await self.refuse(4404, f'There is no room "{room_name}" for you.')
            return
        self.room = room
        await self.join()

    async def refuse(self, code, reason):
        """Say why this socket gets nothing, and close it."""
        await self.send_json({"type": "error", "error": reason})
        await self.close(code=code)

    async def join(self):
        """Join the room, then catch up with it.

        In this order: what is said in between is announced and read, and sent once.
        The other way round it would be missed.
        """
        await self.join_groups()
        self.watch = asyncio.create_task(self.keep_watch())
        after = read_after(self.scope["query_string"])
        head = (await Room.objects.aget(pk=self.room.pk)).last_seq
        # Somebody new gets the newest messages; whoever comes back, all that follow.
        # A number beyond ours is from another history: begin anew.
        begin_anew = after is None or after > head
        if begin_anew:
            messages = await database_sync_to_async(Message.newest_in)(self.room)
        else:
            messages = await database_sync_to_async(Message.following)(self.room, after)
        self.seq = messages[-1].seq if messages else head
        await self.send_sync(messages, reset=begin_anew)
        await self.catch_up()

    async def join_groups(self):
        """Join the group of the room and that of the person; twice does no harm."""
        for name in (group_name(self.room), group_of_user(self.user)):
            await self.channel_layer.group_add(name, self.channel_name)

    async def catch_up(self):
        """Send what follows the last message that was sent, if there is something."""
        find = database_sync_to_async(Message.following)
        while messages := await find(self.room, self.seq):
            self.seq = messages[-1].seq
            await self.send_sync(messages)

    async def send_sync(self, messages, reset=False):
        """Send several messages at once; `reset` if they follow nothing sent before."""
        content = [message.as_json() for message in messages]
        await self.send_json({"type": "sync", "reset": reset, "messages": content})

    async def disconnect(self, code):
        """The socket is closed, from either end."""
        if self.room is None:
            return
        for name in (group_name(self.room), group_of_user(self.user)):
            await self.channel_layer.group_discard(name, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        """A frame from this socket: store the message in it, then tell the room.

        Whatever is wrong with it gets an answer. An exception would close the socket
        with code 1011, up to a second later, and disconnect() would never run.
        """
        if self.room is None:
            return  # refused; the close is on its way
        try:
            content = read_message(text_data)
        except BadMessage as problem:
            await self.send_error("bad_message", str(problem), problem.cid)
            return
        cid = content.pop("cid")
        _, port = self.scope["server"]
        try:
            message, is_new = await database_sync_to_async(Message.store)(
                self.room, self.user, cid, **content, server=server_label(port)
            )
        except Room.DoesNotExist:
            await self.refuse(4404, "This room is gone.")
            return
        except DatabaseError:
            log.exception("A message could not be stored.")
            await self.send_error("unavailable", "Not stored; try again.", cid)
            return
        if cid:
            sent = {"type": "sent", "cid": str(cid), "seq": message.seq}
            await self.send_json(sent | {"dup": not is_new})
        await self.tell_room(message.as_json())

    async def tell_room(self, message):
        """Announce a stored message. If that fails, everybody finds it a little later."""
        event = {"type": "chat.message", "message": message}
        try:
            await self.channel_layer.group_send(group_name(self.room), event)
        except Exception as problem:
            log.warning("The layer did not take an announcement: %r", problem)
            await self.chat_message(event)

    async def send_error(self, code, reason, cid=None):
        """Say what is wrong with a frame; `cid` says with which message."""
        key = {"cid": str(cid)} if cid else {}
        await self.send_json({"type": "error", "code": code, "error": reason} | key)

    async def chat_message(self, event):
        """A message was stored in the room: events of type "chat.message" arrive here."""
        message = event["message"]
        if message["seq"] == self.seq + 1:
            self.seq += 1
            await self.send_json(message)
        elif message["seq"] > self.seq:
            await self.catch_up()  # something before it has got lost
        # Else it was sent already: the layer repeated it, or it was in a sync.

    async def keep_watch(self):
        """Every now and then, have this socket look again."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            event = {"type": "look.again"}
            await self.channel_layer.send(self.channel_name, event)

    async def look_again(self, event):
        """Repair what the layer has lost: our place in the groups, access, messages."""
        await self.join_groups()
        await self.access_changed({"ended": None})
        await self.catch_up()
        await self.send_json({"type": "ping"})  # so that the page knows the line is up

    async def access_changed(self, event):
        """Something about this person has changed, or might have."""
        session_key = self.scope["session"].session_key
        if event["ended"] == session_key or await user_of(session_key) != self.user:
            await self.refuse(4401, "You have been logged out.")
        elif not await Room.open_to(self.user).filter(pk=self.room.pk).aexists():
            await self.refuse(4404, f'There is no room "{self.room}" for you.')


def read_after(query):
    """Return the number in `?after=7`, the last message that a page has; None if none."""
    typed = parse_qs(query.decode("ascii", "replace")).get("after", [""])[0]
    if typed.isascii() and typed.isdigit() and int(typed) <= LARGEST_INTEGER:
        return int(typed)
    return None


class NoSuchAddress(AsyncJsonWebsocketConsumer):
    """Says that nothing lives at this address.

    Without it, the handshake would fail with HTTP 500 and a traceback in the log,
    and a browser does not tell its page why a handshake failed.
    """

    async def connect(self):
        await self.accept()
        reason = f"There is nothing at {self.scope['path']}."
        await self.send_json({"type": "error", "error": reason})
        await self.close(code=4404)
