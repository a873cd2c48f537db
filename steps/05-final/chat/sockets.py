"""The life of a socket: opened, sent to, refused, closed."""

import asyncio
import logging
import time
from contextlib import suppress

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from django.utils import translation

from chat import frames, handshake, limits, metrics, refusals
from chat.mailbox import Mailbox
from chat.protocol import Close, Refusal
from chat.server import server_label

FINAL_FRAME_TIMEOUT = 0.2  # seconds to send a last frame before the process ends
CLOSE_TIMEOUT = 5  # seconds; a client that reads nothing doesn't see a close

log = logging.getLogger(__name__)


class Socket(AsyncWebsocketConsumer):
    """A consumer that always answers, whatever goes wrong, and never waits for its client.

    ========================  ========================================================
    what happens              what follows
    ========================  ========================================================
    the client closes         disconnect(), clean_up()
    a frame is refused        an error frame; the socket stays open
    access is lost, a flood   an error frame, then a close with one of our codes
    the close isn't read      after CLOSE_TIMEOUT we end the consumer anyway
    the server stops          close 4012 for every socket, within FINAL_FRAME_TIMEOUT
    ========================  ========================================================
    """

    # The hub receives from the layer, once for all sockets of this process.
    channel_layer_alias = None

    permit = None  # until the socket is authorised
    is_in = False  # until the page has caught up with the room
    is_closing = False
    received = 0  # frames
    code = None  # close code; None if our own server dropped the connection
    close_timer = None

    async def __call__(self, scope, receive, send):
        """Run for as long as the socket is open, then clean up.

        Channels calls this once for each socket. It's cancelled when the server stops, or
        by our own timer (close_with).
        """
        self.language = handshake.language_of(scope)
        self.label = server_label(scope["server"][1])
        self.mailbox = Mailbox(send)
        self.frame_budget = limits.Bucket(limits.FRAMES_RATE, limits.FRAMES)
        self.bad_frame_budget = limits.Bucket(limits.BAD_FRAMES_RATE, limits.BAD_FRAMES)
        self.task = asyncio.current_task()
        self.opened_at = time.monotonic()
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            if not self.is_closing:
                # The server stops, and Daphne would just drop the connection.
                with suppress(Exception):
                    self.close_with(Close.RESTARTING)
                    await asyncio.sleep(FINAL_FRAME_TIMEOUT)
                raise
        finally:
            await self.clean_up()

    async def clean_up(self):
        """Leave the room. Channels doesn't call disconnect() after an exception."""
        if self.close_timer:
            self.close_timer.cancel()  # or it would cancel this task during its clean-up
        self.mailbox.close()
        if self.permit is None:
            return
        metrics.sockets.dec()
        about = {
            "user": self.permit.user_pk,
            "room": self.permit.room_pk,
            "code": self.code,
            "seconds": round(time.monotonic() - self.opened_at, 1),
            "frames_received": self.received,
            "bytes_sent": self.mailbox.sent,
        }
        log.info("A socket was closed.", extra=about)
        await self.hub.leave(self)

    async def dispatch(self, message):
        """Handle an ASGI event. Whatever goes wrong, the client gets an answer.

        Channels' own dispatch() has a thread close old database connections before each
        event; ours stay open (chat/database.py). And Daphne only notices an exception when
        it next checks its tasks, up to a second later; it then closes with code 1011.
        """
        with translation.override(self.language):
            try:
                await getattr(self, get_handler_name(message))(message)
            except StopConsumer:
                raise  # how Channels ends a consumer whose socket is closed
            except Refusal as refusal:
                self.refuse(refusal)
            except DatabaseError as problem:
                log.warning("The database does not answer: %r", problem)
                close = None if self.is_in else Close.UNAVAILABLE
                self.refuse(refusals.unavailable(close=close))
            except Exception:
                log.exception("A frame could not be handled.")
                self.refuse(refusals.unavailable(close=Close.UNAVAILABLE))

    async def disconnect(self, code):
        """Note the close code. Called when either side closes the socket."""
        self.code = code

    # ---- Sending --------------------------------------------------------------------

    def post(self, frame):
        """Queue a frame. A client that has left too much unread is disconnected."""
        if self.is_closing:
            return
        self.mailbox.post(frame)
        if self.mailbox.is_full:
            self.mailbox.waiting.clear()
            self.close_for(Close.SLOW)

    def post_missed(self, missed):
        """Queue frames that this page catches up on."""
        if not self.is_closing:
            self.mailbox.post_missed(missed)

    # ---- Refusing and closing -------------------------------------------------------

    def refuse(self, refusal):
        """Send an error frame, then close the socket if the refusal has a code for it."""
        if self.is_closing:
            return
        metrics.errors.labels(refusal.frame.code).inc()
        frame = frames.encode(refusal.frame)
        if refusal.close:
            self.mailbox.post(frame)  # even if the client has left too much unread
            self.close_with(refusal.close)
        else:
            self.post(frame)

    def close_for(self, code):
        """Close a socket that was open until now, and send the reason first."""
        with translation.override(self.language):
            self.refuse(refusals.closing(code, self.room_name))

    def close_with(self, code):
        """Close the socket, after the frames in its mailbox."""
        self.is_closing = True
        metrics.closes.labels(code.value).inc()
        self.mailbox.put({"type": "websocket.close", "code": code.value})
        # On some servers a close waits for the client to read, like any frame.
        loop = asyncio.get_running_loop()
        self.close_timer = loop.call_later(CLOSE_TIMEOUT, self.task.cancel)
