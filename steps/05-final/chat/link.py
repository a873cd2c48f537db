"""This process's link to the channel layer, for all its sockets.

Events say what other processes may need to know. The layer can drop, repeat or delay
them, and it can be down: then the chat goes on, and each process finds the messages of
the others in the database (chat/watch.py).
"""

import asyncio
import logging
import time
from contextlib import suppress

from channels.layers import get_channel_layer

from chat import metrics
from chat.groups import EVERYBODY

TIMEOUT = 2  # seconds for one call to the layer, and between two tries
LONGEST_REST = 0.025  # seconds between two events, for a layer that is slow
# Seconds until a process that nobody hears from counts as gone. It misses three checks
# (chat/watch.py) before that.
COMPANY_LASTS = 90

log = logging.getLogger(__name__)


class Link:
    """Receives events, and sends events in the background.

    `receive(event)` is called with each event of another process, `met()` when the first
    other process shows up: until then, nothing is sent.
    """

    def __init__(self, receive, met):
        self.layer = get_channel_layer()
        self.receive = receive
        self.met = met
        self.channel = None  # our own name at the layer
        self.queue = {}  # what makes each event to send, by group and type
        self.has_queued = asyncio.Event()
        self.is_down = False
        self.has_failed = asyncio.Event()
        # A flag too, because a library may swallow the cancellation of our tasks.
        self.is_closed = False
        self.company_until = 0  # by time.monotonic()

    # ---- Groups ---------------------------------------------------------------------

    async def subscribe(self, groups):
        """Join groups; return False if the layer fails.

        Joining twice does no harm, so this also restores a membership that Redis lost.
        """
        try:
            if self.channel is None:
                self.channel = await self.layer.new_channel()
            for group in groups:
                async with asyncio.timeout(TIMEOUT):
                    await self.layer.group_add(group, self.channel)
        except Exception as problem:
            self.note_failure(problem)
            return False
        return True

    async def unsubscribe(self, groups):
        """Leave groups. If that fails, the membership expires (`group_expiry`)."""
        with suppress(Exception):
            for group in groups:
                async with asyncio.timeout(TIMEOUT):
                    await self.layer.group_discard(group, self.channel)

    def note_failure(self, problem):
        """Treat the layer as down: the watch then checks the database more often."""
        metrics.layer_failures.inc()
        if not self.is_down:  # one log line for each outage
            log.warning("The channel layer does not answer: %r", problem)
            self.is_down = True
            self.has_failed.set()

    # ---- Receiving ------------------------------------------------------------------

    async def listen(self):
        """Receive events for as long as this process has sockets."""
        while not self.is_closed:
            try:
                if self.channel is None:
                    self.channel = await self.layer.new_channel()
                event = await self.layer.receive(self.channel)
            except Exception as problem:
                self.note_failure(problem)
                await asyncio.sleep(TIMEOUT)
                self.has_failed.set()
                continue
            try:
                self.handle(event)
            except Exception:
                # During an update, a process with other code may have sent it: go on.
                log.exception("An event could not be understood.")

    def handle(self, event):
        """Pass on an event, unless this process sent it."""
        sender = event.get("from")
        if sender is not None and sender == self.channel:
            return
        if sender is not None:
            self.meet(answer=event.get("answer"))
        if event["type"] != "hello":
            self.receive(event)

    # ---- Other processes ------------------------------------------------------------

    async def greet(self):
        """Tell other processes that this one exists; if it knows none, ask for answers."""
        hello = {"type": "hello", "answer": not self.has_company()}
        self.put(EVERYBODY, "hello", lambda: hello, even_if_alone=True)
        await self.flush()

    def meet(self, answer):
        """Note that another process exists, and answer it if it asks."""
        is_first = not self.has_company()
        self.company_until = time.monotonic() + COMPANY_LASTS
        if answer:
            self.put(EVERYBODY, "hello", lambda: {"type": "hello", "answer": False})
        if is_first:
            self.met()

    def has_company(self):
        """Return whether another process is known to run."""
        return time.monotonic() < self.company_until

    # ---- Sending --------------------------------------------------------------------

    def put(self, group, kind, make_event, even_if_alone=False):
        """Queue an event, which `make_event()` makes when its turn comes.

        It replaces one of the same kind that still waits: a process that receives the
        newest one notices what it missed, and reads it from the database.
        """
        if even_if_alone or self.has_company():
            self.queue[group, kind] = make_event
            self.has_queued.set()

    async def send(self):
        """Send events for as long as this process has sockets."""
        while not self.is_closed:
            await self.has_queued.wait()
            self.has_queued.clear()
            begun = time.monotonic()
            if await self.flush():
                # Rest for as long as that took: what is queued meanwhile goes together.
                rest = min(time.monotonic() - begun, LONGEST_REST)
            else:
                rest = TIMEOUT
                self.has_queued.set()
            await asyncio.sleep(rest)

    async def flush(self):
        """Send the queued events, the oldest first; return False if the layer fails."""
        while self.queue:
            key = next(iter(self.queue))
            group, _ = key
            event = self.queue.pop(key)() | {"from": self.channel}
            try:
                async with asyncio.timeout(TIMEOUT):
                    await self.layer.group_send(group, event)
            except Exception as problem:
                # Try again later, unless a newer one has come meanwhile. If the layer
                # did take it, it arrives twice, which does no harm.
                self.queue.setdefault(key, lambda event=event: event)
                self.note_failure(problem)
                return False
        return True
