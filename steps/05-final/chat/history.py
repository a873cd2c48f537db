"""What the rooms remember: writing it down, in batches, and reading it again."""

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, transaction

from chat import metrics
from chat.access import Pass, refusals
from chat.database import ask
from chat.models import Message, Room

MOST_MESSAGES = 100  # in one frame
MOST_OLDER = 50  # in one page of scrolling back
FAR_BEHIND = 500  # whoever has missed more than this begins anew, with the newest

MOST_DRAFTS = 100  # in one transaction
LONGEST_QUEUE = 2000  # drafts; beyond that, the database cannot keep up
LONGEST_REST = 0.025  # seconds

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Draft:
    """A message that is to be stored, and what became of it."""

    socket: object  # is told by its method `stored(draft)`
    permit: Pass
    text: str
    cid: UUID | None
    sent_at: int | None
    server: str

    message: Message | None = None
    is_new: bool = True
    refused: int | None = None  # a close code
    has_failed: bool = False


@transaction.atomic
def store(drafts):
    """Store messages as the next ones of their rooms, and note in each what became of it.

    The lock on a room makes writers wait for one another, in every process, so that no
    number is given twice or left out. A message sent again is not stored again. Whoever
    has lost the right to speak since the socket was opened is refused.
    """
    room_pks = {draft.permit.room_pk for draft in drafts}
    # In one order everywhere: two who lock the same rooms must not wait for each other.
    rooms = Room.objects.select_for_update().filter(pk__in=room_pks).order_by("pk")
    rooms = {room.pk: room for room in rooms}
    refused, people = refusals({draft.permit for draft in drafts}, rooms)
    known = known_among(drafts, rooms)
    new = []
    for draft in drafts:
        permit = draft.permit
        key = (permit.room_pk, permit.user_pk, draft.cid)
        draft.refused = refused.get(permit)
        if draft.refused:
            continue
        draft.message = known.get(key) if draft.cid else None
        draft.is_new = draft.message is None
        if draft.is_new:
            room = rooms[permit.room_pk]
            room.last_seq += 1
            draft.message = known[key] = Message(
                room=room,
                seq=room.last_seq,
                sender=people[permit.user_pk],
                cid=draft.cid,
                text=draft.text,
                sent_at=draft.sent_at,
                server=draft.server,
            )
            new.append(draft.message)
    Message.objects.bulk_create(new)
    for room in {message.room for message in new}:
        room.save(update_fields=["last_seq"])


def known_among(drafts, rooms):
    """Return the messages that are stored already, by room, sender and client key."""
    cids = {draft.cid for draft in drafts} - {None}
    if not cids:
        return {}
    found = Message.objects.filter(room__in=rooms, cid__in=cids)
    return {(one.room_id, one.sender_id, one.cid): one for one in found}


class Writer:
    """Stores what all sockets of this process send: everything that waits, at once.

    One transaction for a hundred messages costs little more than one for a single one,
    so the busier the chat, the cheaper each message. `publish(room_pk, messages)` gets
    what is stored, room by room.
    """

    def __init__(self, publish):
        self.publish = publish
        self.waiting = deque()
        self.task = None
        self.rest_until = 0

    def put(self, draft):
        """Take a draft; tell whether there was room for it."""
        if len(self.waiting) >= LONGEST_QUEUE:
            return False
        self.waiting.append(draft)
        if self.task is None:
            self.task = asyncio.create_task(self.write())
        return True

    async def write(self):
        """Store all that is waiting."""
        try:
            while self.waiting:
                await asyncio.sleep(max(0, self.rest_until - time.monotonic()))
                some = min(len(self.waiting), MOST_DRAFTS)
                await self.store([self.waiting.popleft() for _ in range(some)])
                await self.send_off()
        finally:
            self.task = None

    async def send_off(self):
        """Let the sockets send what they were given, then rest for as long as it took.

        A large room keeps the process busy for many milliseconds; what comes in until
        as many have passed goes out together, in one frame for each socket and not in
        several. Where messages come singly, or the room is small, nothing is delayed.
        """
        begun = time.monotonic()
        await asyncio.sleep(0)  # each mailbox has its turn before this has the next
        now = time.monotonic()
        self.rest_until = now + min(now - begun, LONGEST_REST)

    async def store(self, drafts):
        """Store a batch; tell those who sent it, then those who wait for it."""
        metrics.batches.observe(len(drafts))
        try:
            with metrics.storing.time():
                await ask(store, drafts)
        except Exception as problem:
            if isinstance(problem, DataError | IntegrityError) and len(drafts) > 1:
                # One of them cannot be stored: no reason to lose the others.
                for draft in drafts:
                    await self.store([draft])
                return
            is_ours = not isinstance(problem, DatabaseError)
            count = len(drafts)
            log.warning("%s messages not stored: %r", count, problem, exc_info=is_ours)
            for draft in drafts:
                draft.has_failed = True
        by_room = {}
        for draft in drafts:
            draft.socket.stored(draft)
            if draft.is_new and draft.message and not draft.has_failed:
                by_room.setdefault(draft.message.room_id, []).append(draft.message)
        for room_pk, messages in by_room.items():
            self.publish(room_pk, [message.as_frame() for message in messages])


# ---- Reading -------------------------------------------------------------------


def newest_in(room_pk):
    """Return the newest messages of a room, oldest first."""
    found = messages_of(room_pk).order_by("-seq")[:MOST_MESSAGES]
    return [message.as_frame() for message in found][::-1]


def following(room_pk, after):
    """Return the next messages of a room that follow `after`, oldest first."""
    found = messages_of(room_pk).filter(seq__gt=after)[:MOST_MESSAGES]
    return [message.as_frame() for message in found]


def older_than(room_pk, before):
    """Return a page of the messages before one, and whether there are older ones."""
    found = messages_of(room_pk).filter(seq__lt=before).order_by("-seq")
    page = [message.as_frame() for message in found[: MOST_OLDER + 1]]
    return page[:MOST_OLDER][::-1], len(page) > MOST_OLDER


def messages_of(room_pk):
    """Return the messages of a room, with the names that they show."""
    return Message.objects.filter(room=room_pk).select_related("room", "sender")


def renew_epochs():
    """Give each room a new history id: what processes and pages remember is void."""
