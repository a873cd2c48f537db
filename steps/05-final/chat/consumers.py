"""WebSocket consumers. Channels creates one for each open socket."""

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import translation
from django.utils.translation import gettext as _

from chat import frames, handshake, history, limits, metrics, protocol, refusals
from chat.catch_up import catch_up
from chat.database import ask
from chat.hub import this_hub
from chat.protocol import Close, Refusal
from chat.sockets import Socket
from chat.storing import Draft


class ChatConsumer(Socket):
    """One socket of one person in one room.

    Receiving and sending are separate: the Writer stores what people send, the Hub
    delivers what is stored, and a message waits for neither.
    """

    # ---- Opening --------------------------------------------------------------------

    async def connect(self):
        """Authorise the socket, let the page catch up, and join the room."""
        # Accept first: a page learns nothing about a refused handshake except code 1006.
        await self.accept()
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        session_key = handshake.session_key_in(self.scope["cookies"])
        authorising = this_hub().authorising
        self.user, permit = await authorising.ask(session_key, self.room_name)
        if self.user is None:
            raise refusals.logged_out()
        if retry_after := limits.budget_of(self.user.pk).openings.take():
            raise refusals.too_fast(retry_after, close=Close.FLOOD)
        if permit is None:
            raise refusals.no_such_room(self.room_name)
        self.permit = permit
        # Don't get the hub earlier: it may have closed while we waited.
        self.hub = this_hub()
        metrics.sockets.inc()
        local = await self.hub.enter(self)
        sockets = [
            one for one in self.hub.sockets[permit.user_pk] if not one.is_closing
        ]
        for socket in sockets[: -limits.SOCKETS]:  # all but the newest
            socket.close_for(Close.REPLACED)
        await self.join(local)

    async def join(self, local):
        """Let the page catch up with a LocalRoom, then receive what is new."""
        after, epoch = handshake.read_place(self.scope["query_string"])
        if after is not None and after > local.head:
            # The page was connected to a process that knew more, or it's from before a
            # restore.
            await self.hub.reach_newest(local)
        await catch_up(local, self.hub.pages, (after, epoch), self.post_missed)
        self.hub.join(self)
        self.is_in = True

    # ---- What the page sends --------------------------------------------------------

    async def receive(self, text_data=None, bytes_data=None):
        """Validate a frame, and call the handler for its type: on_send, on_typing …"""
        if self.is_closing or not self.is_in:
            return  # the socket was refused: frames wait until connect() has ended
        self.received += 1
        if retry_after := self.frame_budget.take():
            raise refusals.too_fast(retry_after, close=Close.FLOOD)
        try:
            frame = protocol.read_frame(text_data)
        except Refusal as refusal:
            if refusal.frame.code in {"bad_json", "bad_message", "unknown_type"}:
                if self.bad_frame_budget.take():
                    refusal.close = Close.ABUSE
            raise
        await getattr(self, f"on_{type(frame).__name__.lower()}")(frame)

    async def on_send(self, frame):
        """Queue a message for the Writer, which calls `stored` when it's done."""
        self.count_message(frame.cid)
        draft = Draft(
            self, self.permit, frame.text, frame.cid, frame.sent_at, self.label
        )
        if not self.hub.writer.put(draft):
            raise refusals.unavailable(frame.cid)

    def count_message(self, cid=None):
        """Refuse what exceeds the person's budget; after many refusals, close the socket."""
        budget = limits.budget_of(self.permit.user_pk)
        if retry_after := budget.messages.take():
            metrics.messages.labels("rate_limited").inc()
            close = Close.FLOOD if budget.refusals.take() else None
            raise refusals.too_fast(retry_after, cid=cid, close=close)

    async def on_typing(self, frame):
        """Show the room that this person is typing."""
        if not limits.budget_of(self.permit.user_pk).typing.take():
            room = self.hub.rooms[self.permit.room_pk]
            self.hub.people.note_typing(room, self.user.get_username())

    async def on_history(self, frame):
        """Send a page of older messages, for a person who scrolls back."""
        self.count_message()
        refused, page, more = await ask(history.older_for, self.permit, frame.before)
        if refused:
            self.close_for(refused)
        else:
            self.post(frames.encode_older(page, more))

    async def on_ack(self, frame):
        """Note how much the page has read."""
        self.mailbox.read = min(frame.bytes, self.mailbox.sent)

    def stored(self, draft):
        """Answer the page about a message. Called by the Writer."""
        with translation.override(self.language):
            if draft.has_failed:
                self.refuse(refusals.unavailable(draft.cid))
            elif draft.refused:
                self.close_for(draft.refused)
            elif draft.cid:
                sent = frames.Sent(draft.cid, draft.message.seq, not draft.is_new)
                self.post(frames.encode(sent))
        metrics.messages.labels(draft.outcome()).inc()


class NoSuchAddress(AsyncWebsocketConsumer):
    """Tells the page that its WebSocket URL doesn't exist. Routed last, as a catch-all.

    Without it, the handshake would fail with HTTP 500 and a traceback in the log, and
    the page would learn nothing but close code 1006.
    """

    channel_layer_alias = None

    async def connect(self):
        """Accept first: only an open socket can carry the reason and our own code."""
        await self.accept()
        with translation.override(handshake.language_of(self.scope)):
            reason = _("There is nothing at %(path)s.") % {"path": self.scope["path"]}
        error = frames.Error("not_found", reason)
        await self.send(text_data=frames.encode(error).event["text"])
        await self.close(code=Close.NOT_FOUND.value)
