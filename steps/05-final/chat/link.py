"""This process's link to the channel layer, for all its sockets.

Events say what other processes may need to know. The layer can drop, repeat or delay
them, and it can be down: then the chat goes on, and each process finds the messages of
the others in the database (chat/watch.py).

When its first room opens, a process greets the others with "hello", and they answer.
Until it knows one it has no company, and sends nothing else: in a single process, messages
don't cross the layer.
"""

import asyncio
import logging
import time
from contextlib import suppress

from channels.layers import get_channel_layer

from chat import metrics
from chat.groups import EVERYBODY

TIMEOUT = 2  # seconds for one call to the layer, and between two attempts
LONGEST_REST = 0.025  # seconds between two rounds of sending
# Seconds without any event from another process until this one counts as alone. The
# others miss three checks (chat/watch.py) before that.
COMPANY_LASTS = 90

log = logging.getLogger(__name__)


class Link:
    """Receives events, and sends events in the background.

    `receive(event)` is called with each event that this link hasn't sent, and `met()` when
    the process learns that it isn't alone.
    """

    def __init__(self, receive, met):
        self.layer = get_channel_layer()
        self.receive = receive
        self.met = met
        self.channel = None  # our own name at the layer
        self.queue = {}  # events and batches to send, by group and type
        self.news = asyncio.Event()  # set when something is queued
        self.is_down = False
        self.failure = asyncio.Event()  # set when the layer fails
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
            self.failure.set()

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
                self.failure.set()  # check again after each failed attempt
                continue
            try:
                self.handle(event)
            except Exception:
                # During an update, another version of the code may have sent it: go on.
                log.exception("An event could not be understood.")

    def handle(self, event):
        """Pass on an event, unless this link sent it: a group includes its sender."""
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
        self.put(EVERYBODY, hello, even_if_alone=True)
        await self.flush()

    def meet(self, answer):
        """Note that another process exists, and answer it if it asks."""
        is_first = not self.has_company()
        self.company_until = time.monotonic() + COMPANY_LASTS
        if answer:
            self.put(EVERYBODY, {"type": "hello", "answer": False})
        if is_first:
            self.met()

    def has_company(self):
        """Return whether another process is known to run."""
        return time.monotonic() < self.company_until

    # ---- Sending --------------------------------------------------------------------

    def put(self, group, event, even_if_alone=False):
        """Queue an event. It replaces one of its type that still waits for the group."""
        self.put_as(group, event["type"], event, even_if_alone)

    def put_batch(self, group, batch):
        """Queue messages of one room, together with those that still wait.

        They become an event when their turn comes: while the layer is busy, more messages
        join them. If there are too many, the new ones replace them: a process that receives
        those notices what is missing, and reads it from the database.
        """
        waiting = self.queue.get((group, "messages"))
        if waiting is None or not waiting.add(batch):
            self.put_as(group, "messages", batch)

    def put_as(self, group, kind, content, even_if_alone=False):
        """Queue an event or a batch, if there's another process to receive it."""
        if even_if_alone or self.has_company():
            self.queue[group, kind] = content
            self.news.set()

    async def send(self):
        """Send events for as long as this process has sockets."""
        while not self.is_closed:
            await self.news.wait()
            self.news.clear()
            begun = time.monotonic()
            if await self.flush():
                # Rest for as long as that took: what is queued meanwhile goes together.
                rest = min(time.monotonic() - begun, LONGEST_REST)
            else:
                rest = TIMEOUT
                self.news.set()
            await asyncio.sleep(rest)

    async def flush(self):
        """Send everything in the queue, the oldest first; return False if that fails."""
        while self.queue:
            key = next(iter(self.queue))
            group, _ = key
            content = self.queue.pop(key)
            event = content if isinstance(content, dict) else content.as_event()
            try:
                async with asyncio.timeout(TIMEOUT):
                    await self.layer.group_send(group, event | {"from": self.channel})
            except Exception as problem:
                # Try again later, unless a newer one is queued by now. If the layer did
                # take this one, it arrives twice, which does no harm.
                self.queue.setdefault(key, content)
                self.note_failure(problem)
                return False
        return True
