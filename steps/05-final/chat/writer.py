"""The queue between the sockets, which receive messages, and the database."""

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress

from django.db import DatabaseError, DataError, IntegrityError

from chat import metrics, storing
from chat.database import ask

MOST_DRAFTS = 100  # in one transaction
LONGEST_QUEUE = 2000  # drafts; with more waiting, the database can't keep up
LONGEST_REST = 0.025  # seconds

log = logging.getLogger(__name__)


class Writer:
    """Stores what all sockets of this process send, up to MOST_DRAFTS at once.

    One transaction for a hundred messages costs little more than one for a single
    message, so the busier the chat, the cheaper each message. `publish(batch)` is called
    with what was stored, room by room.
    """

    def __init__(self, publish):
        self.publish = publish
        self.waiting = deque()
        self.task = None
        self.expected = 0  # messages; with this many waiting, the Writer stops resting
        self.enough = asyncio.Event()

    def put(self, draft):
        """Queue a draft; return False if the queue is full."""
        if len(self.waiting) >= LONGEST_QUEUE:
            return False
        self.waiting.append(draft)
        if self.task is None:
            self.task = asyncio.create_task(self.write())
        elif len(self.waiting) >= self.expected:
            self.enough.set()
        return True

    async def write(self):
        """Store everything that waits, then end."""
        try:
            while self.waiting:
                some = min(len(self.waiting), MOST_DRAFTS)
                drafts = [self.waiting.popleft() for _ in range(some)]
                await self.store(drafts)
                begun = time.monotonic()
                self.send_off(drafts)
                await asyncio.sleep(0)  # every mailbox runs before this continues
                await self.rest(len(drafts), time.monotonic() - begun)
        finally:
            self.task = None

    async def rest(self, count, seconds):
        """Wait for as many messages as last time, but no longer than sending took.

        Sending to a large room keeps the process busy for many milliseconds. Messages
        that arrive during that time and the pause go out together, in one frame for each
        socket. A message that comes alone, or in a small room, is hardly delayed.
        """
        self.expected = count
        self.enough.clear()
        if len(self.waiting) < self.expected:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LONGEST_REST)):
                    await self.enough.wait()

    async def store(self, drafts):
        """Store messages, and note in each draft what became of it."""
        metrics.batches.observe(len(drafts))
        try:
            with metrics.storing.time():
                await ask(storing.store, drafts)
        except (DataError, IntegrityError) as problem:
            await self.store_singly(drafts, problem)
        except Exception as problem:
            self.give_up(drafts, problem)

    def send_off(self, drafts):
        """Answer the sockets that sent the messages, and publish what is stored."""
        for draft in drafts:
            draft.socket.stored(draft)
        for batch in storing.batches_of(drafts):
            self.publish(batch)

    async def store_singly(self, drafts, problem):
        """Store each message on its own, so that a bad one doesn't stop the others.

        If the number of their room is behind its messages, correct that first.
        """
        log.warning("%s messages not stored together: %r", len(drafts), problem)
        try:
            room_pks = {draft.permit.room_pk for draft in drafts}
            await ask(storing.correct_numbers, room_pks)
        except DatabaseError as another:
            self.give_up(drafts, another)
            return
        for draft in drafts:
            try:
                await ask(storing.store, [draft])
            except Exception as another:
                self.give_up([draft], another)

    def give_up(self, drafts, problem):
        """Note that messages couldn't be stored. The pages send them again later."""
        is_bug = not isinstance(problem, DatabaseError)
        count = len(drafts)
        log.warning("%s messages not stored: %r", count, problem, exc_info=is_bug)
        for draft in drafts:
            draft.has_failed = True
