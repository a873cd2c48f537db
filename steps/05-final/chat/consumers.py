"""The server's end of each WebSocket: one consumer object for each open socket."""

import asyncio
import logging
import re
import time
from contextlib import suppress
from types import SimpleNamespace
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from chat import history, limits, metrics, protocol
from chat.access import let_in, refusals
from chat.database import ask
from chat.fanout import this_hub
from chat.mailbox import Mailbox
from chat.protocol import LARGEST_INTEGER, Close, Refusal
from chat.server import server_label

GOODBYE = 0.2  # seconds for a last frame, before the process ends
LAST_PATIENCE = 5  # seconds for a close; a client that reads nothing never takes it

log = logging.getLogger(__name__)


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket of one person in one room.

    The Writer stores what people send; the Hub delivers what was stored. Nothing here
    waits for either, so each frame is read as soon as it arrives.
    """

    # The Hub listens to the layer, once for all sockets of this process.
    channel_layer_alias = None

    permit = None  # until somebody is let in
    is_in = False  # until the socket has caught up with the room
    is_closing = False
    received = 0  # frames
    code = None  # of the close; None if our own server dropped the connection
    last_call = None  # the timer of our own close

    async def __call__(self, scope, receive, send):
        """Run for as long as the socket is open, and clean up afterwards."""
        self.language = language_of(scope)
        self.label = server_label(scope["server"][1])
        self.mailbox = Mailbox(send)
        self.frames = limits.Bucket(limits.FRAMES_RATE, limits.FRAMES)
        self.bad_frames = limits.Bucket(limits.BAD_FRAMES_RATE, limits.BAD_FRAMES)
        self.task = asyncio.current_task()
        self.opened_at = time.monotonic()
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            if not self.is_closing:
                # The server stops. Daphne would just drop the connection.
                with suppress(Exception):
                    self.close_with(Close.RESTARTING)
                    await asyncio.sleep(GOODBYE)
                raise
        finally:
            # Here, because disconnect() is not called after an exception.
            if self.last_call:
                self.last_call.cancel()  # or it would cancel what follows
            self.mailbox.close()
            if self.permit:
                self.take_leave()
                await self.hub.leave(self)

    def take_leave(self):
        """Count the socket as closed, and log one line about it."""
        metrics.sockets.dec()
        log.info(
            "A socket was closed.",
            extra={
                "user": self.permit.user_pk,
                "room": self.permit.room_pk,
                "code": self.code,
                "seconds": round(time.monotonic() - self.opened_at, 1),
                "frames_received": self.received,
                "bytes_sent": self.mailbox.sent,
            },
        )

    async def dispatch(self, message):
        """Handle an event of this socket; whatever goes wrong, answer.

        Before each frame, Channels' own dispatch has a thread close old database
        connections; ours stay open (chat/database.py). And an exception there becomes a
        close with 1011, up to a second later.
        """
        with translation.override(self.language):
            try:
                await getattr(self, get_handler_name(message))(message)
            except StopConsumer:
                raise
            except Refusal as refusal:
                self.refuse(refusal)
            except DatabaseError as problem:
                log.warning("The database does not answer: %r", problem)
                close = None if self.is_in else Close.UNAVAILABLE
                self.refuse(unavailable(close=close))
            except Exception:
                log.exception("A frame could not be handled.")
                self.refuse(unavailable(close=Close.UNAVAILABLE))

    # ---- Coming in ---------------------------------------------------------------

    async def connect(self):
        """The browser asks for a socket."""
        # Accept first: a page learns nothing from a refused handshake but 1006.
        await self.accept()
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        session_key = session_key_in(self.scope["cookies"])
        self.user, permit = await ask(let_in, session_key, self.room_name)
        if self.user is None:
            raise Refusal("logged_out", _("Log in first."), close=Close.LOGGED_OUT)
        if retry_after := limits.budget_of(self.user.pk).openings.take():
            raise too_fast(retry_after, close=Close.FLOOD)
        if permit is None:
            # The same answer for a room that doesn't exist and one that isn't for you.
            raise no_such_room(self.room_name)
        self.permit = permit
        self.hub = this_hub()
        metrics.sockets.inc()
        local = await self.hub.enter(self)
        self.person = self.hub.people[self.permit.user_pk]
        sockets = [one for one in self.person.sockets if not one.is_closing]
        for oldest in sockets[: -limits.SOCKETS]:
            oldest.show_out(Close.REPLACED)
        await self.catch_up(local)

    async def catch_up(self, local):
        """Send what this page has missed; to a new page, the newest messages.

        Its URL says which message was its last, `?after=7`, and which history that number
        is from: a room that is deleted and made again starts at 1.
        """
        after, known_epoch = read_place(self.scope["query_string"])
        if after is not None and after > local.head:
            # Its last process may have known more, and the page must not lose messages.
            await self.hub.reach_newest(local)
        head, epoch = local.head, local.epoch
        is_known = after is not None and known_epoch in {None, epoch}
        reset = not is_known or not head - history.FAR_BEHIND <= after <= head
        if reset:
            after = local.floor
        while after < local.floor and local.epoch == epoch:
            missed = await ask(history.following, local.pk, after)
            page = [
                message for message in missed.messages if message.seq <= local.floor
            ]
            if not page:
                break
            self.post_missed(protocol.encode_messages(page))
            after = page[-1].seq
        # Nothing is awaited from here on, so no message can come in between.
        reset |= local.epoch != epoch  # the history may have changed meanwhile
        messages = local.after(local.floor if reset else max(after, local.floor))
        self.post_missed(local.sync(messages, reset))
        self.hub.join(self)
        self.is_in = True

    async def disconnect(self, code):
        """The socket is closed, from either end."""
        self.code = code

    # ---- What the page sends ---------------------------------------------------------

    async def receive(self, text_data=None, bytes_data=None):
        """A frame from this socket."""
        if self.is_closing or not self.is_in:
            return  # refused; the close is on its way
        self.received += 1
        if retry_after := self.frames.take():
            raise too_fast(retry_after, close=Close.FLOOD)
        try:
            frame = protocol.read_frame(text_data)
        except Refusal as refusal:
            if refusal.frame.code in {"bad_json", "bad_message", "unknown_type"}:
                if self.bad_frames.take():
                    refusal.close = Close.ABUSE
            raise
        await getattr(self, f"on_{type(frame).__name__.lower()}")(frame)

    async def on_send(self, frame):
        """A message: hand it to the Writer, which will call `stored`."""
        self.count_message(frame.cid)
        draft = history.Draft(
            self, self.permit, frame.text, frame.cid, frame.sent_at, self.label
        )
        if not self.hub.writer.put(draft):
            raise unavailable(frame.cid)

    def count_message(self, cid=None):
        """Refuse what exceeds the person's budget; after many refusals, close the socket."""
        budget = limits.budget_of(self.permit.user_pk)
        if retry_after := budget.messages.take():
            metrics.messages.labels("rate_limited").inc()
            close = Close.FLOOD if budget.refusals.take() else None
            raise too_fast(retry_after, cid=cid, close=close)

    async def on_typing(self, frame):
        """The person is typing."""
        if not limits.budget_of(self.permit.user_pk).typing.take():
            self.hub.type(self, self.user.get_username())

    async def on_history(self, frame):
        """The person scrolls back."""
        self.count_message()
        refused, page, more = await ask(read_older, self.permit, frame.before)
        if refused:
            self.show_out(refused)
        else:
            self.post(protocol.encode_older(page, more))

    async def on_ack(self, frame):
        """The page has read what we sent."""
        self.mailbox.read = min(frame.bytes, self.mailbox.sent)

    # ---- What the page gets ------------------------------------------------------------

    def post(self, frame):
        """Queue a frame for this page."""
        if self.is_closing:
            return
        self.mailbox.post(frame)
        if self.mailbox.is_full:
            self.mailbox.waiting.clear()
            with translation.override(self.language):
                self.end_with(farewell(Close.SLOW, self.room_name))

    def post_missed(self, frames):
        """Queue what this page has missed."""
        if not self.is_closing:
            self.mailbox.post_missed(frames)

    def stored(self, draft):
        """The Writer is done with a message of this socket."""
        with translation.override(self.language):
            if draft.has_failed:
                self.refuse(unavailable(draft.cid))
            elif draft.refused:
                self.show_out(draft.refused)
            elif draft.cid:
                sent = protocol.Sent(draft.cid, draft.message.seq, not draft.is_new)
                self.post(protocol.encode(sent))
        outcome = "stored" if draft.is_new else "again"
        metrics.messages.labels(
            "failed" if draft.has_failed else "refused" if draft.refused else outcome
        ).inc()

    def show_out(self, code):
        """Close the socket: its person may no longer be in the room."""
        with translation.override(self.language):
            self.refuse(farewell(code, self.room_name))

    def refuse(self, refusal):
        """Say what is wrong, and close the socket if the refusal says so."""
        if self.is_closing:
            return
        if refusal.close:
            self.end_with(refusal)
        else:
            metrics.errors.labels(refusal.frame.code).inc()
            self.post(protocol.encode(refusal.frame))

    def end_with(self, refusal):
        """Say what is wrong, and close the socket."""
        metrics.errors.labels(refusal.frame.code).inc()
        self.mailbox.post(protocol.encode(refusal.frame))
        self.close_with(refusal.close)

    def close_with(self, code):
        """Close the socket after what is in its mailbox."""
        self.is_closing = True
        metrics.closes.labels(code.value).inc()
        self.mailbox.put({"type": "websocket.close", "code": code.value})
        # On some servers a close waits for the client to read, like any other frame.
        loop = asyncio.get_running_loop()
        self.last_call = loop.call_later(LAST_PATIENCE, self.task.cancel)


def read_older(permit, before):
    """Return a close code, if the person may no longer read, and older messages."""
    refused, _ = refusals([permit])
    if permit in refused:
        return refused[permit], [], False
    return None, *history.older_than(permit.room_pk, before)


class NoSuchAddress(AsyncWebsocketConsumer):
    """Says that there is nothing at this URL.

    Without it, the handshake would fail with HTTP 500 and a traceback in the log, and
    a browser doesn't tell the page why a handshake failed.
    """

    channel_layer_alias = None

    async def connect(self):
        await self.accept()
        with translation.override(language_of(self.scope)):
            reason = _("There is nothing at %(path)s.") % {"path": self.scope["path"]}
        error = protocol.Error("not_found", reason)
        await self.send(text_data=protocol.encode(error).event["text"])
        await self.close(code=Close.NOT_FOUND.value)


# ---- Refusals -------------------------------------------------------------------------


def too_fast(retry_after, cid=None, close=None):
    """Return the refusal for a client that sends or opens too much."""
    reason = _("Not so fast, please.")
    seconds = round(retry_after, 2)
    return Refusal("rate_limited", reason, cid=cid, retry_after=seconds, close=close)


def unavailable(cid=None, close=None):
    """Return the refusal for a failure that isn't the client's fault."""
    return Refusal(
        "unavailable", _("That did not work; try again."), cid=cid, close=close
    )


def no_such_room(name):
    """Return the refusal for a room that doesn't exist, or not for this person."""
    reason = _("There is no room “%(room)s” for you.") % {"room": name}
    return Refusal("not_found", reason, close=Close.NOT_FOUND)


def farewell(code, room_name):
    """Return the refusal that closes the socket of somebody who was let in before."""
    if code == Close.NOT_FOUND:
        return no_such_room(room_name)
    name, reason = {
        Close.LOGGED_OUT: ("logged_out", _("You have been logged out.")),
        Close.FORBIDDEN: ("forbidden", _("You are not in this room any more.")),
        Close.SLOW: ("slow_client", _("This page did not keep up.")),
        Close.REPLACED: (
            "too_many",
            _("You have opened the chat in too many windows."),
        ),
    }[code]
    return Refusal(name, reason, close=code)


# ---- Reading a handshake --------------------------------------------------------------


def read_place(query):
    """Return the number and the history that `?after=7&epoch=f81d…` names.

    Each is None if it is missing or invalid.
    """
    typed = parse_qs(query.decode("ascii", "replace"))
    after, epoch = [typed.get(name, [""])[0] for name in ("after", "epoch")]
    try:
        epoch = UUID(epoch)
    except ValueError:
        epoch = None
    return whole_number(after), epoch


def whole_number(typed):
    """Return a number that JavaScript could have written; otherwise None."""
    # Check the length first: Python refuses to convert thousands of digits.
    if len(typed) > len(str(LARGEST_INTEGER)) or not re.fullmatch("[0-9]+", typed):
        return None
    return number if (number := int(typed)) <= LARGEST_INTEGER else None


def session_key_in(cookies):
    """Return the session key that a browser sends, or None if it can't be one.

    A quoted cookie can contain any character, and PostgreSQL refuses NUL.
    """
    session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    return session_key if re.fullmatch("[a-z0-9]{1,40}", session_key) else None


def language_of(scope):
    """Return the language of the page, chosen as LocaleMiddleware chose it."""
    headers = dict(scope["headers"])
    request = SimpleNamespace(
        COOKIES=scope.get("cookies", {}),
        META={
            "HTTP_ACCEPT_LANGUAGE": headers.get(b"accept-language", b"").decode(
                "latin1"
            )
        },
    )
    return translation.get_language_from_request(request)
