"""One room as this process sees it: its sockets, and its newest messages.

Messages are numbered 1, 2, 3 … in each room (`seq`), so a process knows what it misses
and reads that from the database. The numbers belong to one history, which has an id, the
epoch. If the epoch changes (a backup was restored, messages were deleted), processes and
pages start over.
"""

import asyncio
import logging
from collections import deque

from django.db import DatabaseError

from chat import frames, history, metrics
from chat.database import ask

# Seconds that a gap may last. Two processes that store messages at the same time learn of
# each other's in any order, so most gaps close without the database.
GAP_LASTS = 0.05

log = logging.getLogger(__name__)


class LocalRoom:
    """The sockets of this process in one room, and what they have been sent.

    `head` is the number of the newest message that was sent to the sockets, `wanted` the
    highest number that we know to exist. `recent` holds every message from `floor + 1` to
    `head`; older ones are only in the database. `ahead` holds messages beyond a gap.
    """

    def __init__(self, pk, spawn):
        self.pk = pk
        self.spawn = spawn  # starts a task
        self.sockets = set()
        self.epoch = None
        self.recent = deque()
        self.floor = self.head = self.wanted = 0
        self.ahead = {}
        self.must_begin = False  # `recent` is out of date, or the history has changed
        self.is_beginning = False
        # Whether a message was announced since the last read of the database began. Then
        # an empty result may only mean that we read too early.
        self.is_noticed = False
        self.repairing = None  # the task that fills a gap
        self.here = None  # the last presence frame, for sockets that join later
        self.typing = set()  # names that will be sent as typing in a moment

    def post(self, frame):
        """Queue the same encoded frame for every socket."""
        for socket in list(self.sockets):
            socket.post(frame)

    # ---- Messages in order ----------------------------------------------------------

    def deliver(self, batch):
        """Send messages to the sockets. Those after a gap are kept until it is filled."""
        if batch.epoch == self.epoch:
            for message in batch.messages:
                if message.seq > self.head:
                    self.ahead[message.seq] = message
            self.take_in_order()
        else:
            # Events can be late, so only the database knows which history is current.
            self.must_begin = True
        self.notice(batch.last)

    def take_in_order(self):
        """Send the messages that directly follow those that the sockets have."""
        if self.must_begin or self.is_beginning:
            return
        ready = []
        while message := self.ahead.pop(self.head + len(ready) + 1, None):
            ready.append(message)
        if ready:
            self.take(ready)

    def take(self, messages):
        """Send messages, oldest first, to every socket, encoded once for all of them."""
        self.head = messages[-1].seq
        self.recent.extend(messages)
        while len(self.recent) > history.MOST_MESSAGES:
            self.floor = self.recent.popleft().seq
        for frame in frames.encode_messages(messages):
            self.post(frame)
        metrics.deliveries.inc(len(messages) * len(self.sockets))

    def after(self, seq):
        """Return the messages after `seq`, which must be at least `floor`."""
        return [message for message in self.recent if message.seq > seq]

    # ---- Starting over --------------------------------------------------------------

    def begin(self, newest):
        """Start from the newest messages; if the history has changed, start over."""
        messages = newest.messages
        # False if the room is new to this process, or its history has changed.
        continues = newest.epoch == self.epoch and newest.last >= self.head
        if not continues:
            self.epoch, self.head = newest.epoch, newest.last
            self.ahead.clear()
        is_all = len(messages) < history.MOST_MESSAGES
        self.floor = 0 if is_all else min(messages[0].seq - 1, self.head)
        self.recent = deque(one for one in messages if one.seq <= self.head)
        # `head` stays where the sockets are: messages after it are read next, as for any
        # gap. Even newer ones may have been published since these were read.
        self.wanted = max(self.wanted, newest.last)
        if not continues:
            for frame in self.sync(messages, reset=True):
                self.post(frame)

    def sync(self, messages, reset):
        """Return the frames that bring a page up to date, or make it start over."""
        more = self.floor > 0 if reset else None
        return frames.encode_sync(messages, reset=reset, more=more, epoch=self.epoch)

    async def begin_again(self):
        """Read the newest messages of a room whose history may have changed."""
        self.must_begin, self.is_beginning = False, True
        try:
            newest = await ask(history.newest_in, self.pk)
        except DatabaseError:
            self.must_begin = True
            raise
        finally:
            self.is_beginning = False
        if newest.epoch is None:
            self.wanted = (
                self.head
            )  # the room is gone; the next check closes its sockets
        else:
            self.begin(newest)

    # ---- Filling gaps ---------------------------------------------------------------

    def notice(self, last, found_by="gap"):
        """Note that message `last` exists, and start filling the gap, if there is one.

        `found_by` is a label of the metric, "gap" or "check".
        """
        if last <= self.head and not self.must_begin:
            return
        self.wanted = max(self.wanted, last)
        self.is_noticed = True
        if self.repairing is None:
            self.repairing = self.spawn(self.repair(found_by))

    def has_gap(self):
        """Return whether the database has to be asked."""
        return self.must_begin or self.head < self.wanted

    async def repair(self, found_by):
        """Read what is missing from the database, and send it to the sockets."""
        try:
            await self.wait_for_gap()
            if self.has_gap():
                metrics.repairs.labels(found_by).inc()
            while self.has_gap():
                if self.must_begin:
                    await self.begin_again()
                else:
                    await self.read_on()
        except DatabaseError as problem:
            log.warning("Missing messages could not be read: %r", problem)
        finally:
            self.repairing = None

    async def wait_for_gap(self):
        """Wait until a gap has lasted for GAP_LASTS, or there is none any more."""
        head = None
        while self.has_gap() and head != self.head and not self.must_begin:
            head = self.head  # if it changes, that gap has closed, and this is another
            await asyncio.sleep(GAP_LASTS)

    async def read_on(self):
        """Read the messages that follow those that the sockets have."""
        self.is_noticed = False
        batch = await ask(history.following, self.pk, self.head)
        missing = [message for message in batch.messages if message.seq > self.head]
        if batch.epoch != self.epoch:
            self.must_begin = True
        elif missing:
            self.take(missing)
        elif not (batch.messages or self.is_noticed):
            # Deleted messages aren't missing. But never go beyond the newest number: the
            # next message would be taken for an old one.
            self.head = max(self.head, min(self.wanted, batch.last))
            self.wanted = self.head
        self.ahead = {
            seq: message for seq, message in self.ahead.items() if seq > self.head
        }
        self.take_in_order()
