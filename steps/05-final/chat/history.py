"""The messages of the rooms: storing them in batches, and reading them."""

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import Max
from msgspec import json

from chat import metrics, protocol
from chat.access import Pass, refusals
from chat.database import ask
from chat.models import Message, Room

MOST_MESSAGES = 100  # in one frame
MOST_OLDER = 50  # in one page of scrolling back
FAR_BEHIND = 500  # a page that has missed more starts over with the newest

MOST_DRAFTS = 100  # in one transaction
LONGEST_QUEUE = 2000  # drafts; with more, the database can't keep up
LONGEST_REST = 0.025  # seconds

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Draft:
    """A message to be stored, and what became of it."""

    socket: object  # its method `stored(draft)` is called
    permit: Pass
    text: str
    cid: UUID | None
    sent_at: int | None
    server: str

    message: Message | None = None
    is_new: bool = True
    refused: int | None = None  # a close code
    has_failed: bool = False

    def start(self):
        """Forget the outcome of an earlier attempt, which was rolled back.

        Otherwise a message that the second attempt refuses would still be published.
        """
        self.message, self.is_new, self.refused = None, True, None


@transaction.atomic
def store(drafts):
    """Store messages as the next ones of their rooms; note in each draft what became of it.

    The lock on a room makes writers in all processes wait for one another, so that no
    number is used twice or left out. A message sent again is not stored again. People
    who have lost access since they opened their socket are refused.
    """
    room_pks = {draft.permit.room_pk for draft in drafts}
    rooms = {room.pk: room for room in locked(room_pks)}
    refused, people = refusals({draft.permit for draft in drafts}, rooms)
    known = known_among(drafts, rooms)
    new = []
    for draft in drafts:
        draft.start()
        permit = draft.permit
        key = (permit.room_pk, permit.user_pk, draft.cid)
        draft.refused = refused.get(permit)
        if draft.refused:
            continue
        draft.message = known.get(key) if draft.cid else None
        draft.is_new = draft.message is None
        room = rooms[permit.room_pk]
        if draft.is_new:
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
        draft.message.room = room
    Message.objects.bulk_create(new)
    for room in {message.room for message in new}:
        room.save(update_fields=["last_seq"])


def locked(room_pks):
    """Lock rooms for the rest of the transaction, and return them.

    Always in the same order, so that two writers never wait for each other. `no_key`
    doesn't lock the rooms' keys: on PostgreSQL, inserting a row that points to a room (a
    member, somebody's presence) would otherwise wait for us, or we for it.
    """
    rooms = Room.objects.select_for_update(no_key=True)
    return list(rooms.filter(pk__in=room_pks).order_by("pk"))


@transaction.atomic
def mend_numbers(room_pks):
    """Correct the number of rooms that is behind their messages.

    Nothing here sets it back, but somebody who edits the database can. The next number
    would then be taken, and every message in the room would fail.
    """
    pks = [room.pk for room in locked(room_pks)]
    for room in Room.objects.filter(pk__in=pks).annotate(newest=Max("message__seq")):
        if (room.newest or 0) > room.last_seq:
            log.warning("Room %s was behind its messages.", room.pk)
            Room.objects.filter(pk=room.pk).update(last_seq=room.newest)


def known_among(drafts, rooms):
    """Return the messages that are stored already, by room, sender and client key."""
    cids = {draft.cid for draft in drafts} - {None}
    if not cids:
        return {}
    found = Message.objects.filter(room__in=rooms, cid__in=cids)
    return {(one.room_id, one.sender_id, one.cid): one for one in found}


class Writer:
    """Stores what all sockets of this process send: everything that waits, at once.

    One transaction for a hundred messages costs little more than one for a single
    message, so the busier the chat, the cheaper each message. `publish(batch)` is called
    with what was stored, room by room.
    """

    def __init__(self, publish):
        self.publish = publish
        self.waiting = deque()
        self.task = None
        self.rest_until = 0

    def put(self, draft):
        """Queue a draft; return whether there was room for it."""
        if len(self.waiting) >= LONGEST_QUEUE:
            return False
        self.waiting.append(draft)
        if self.task is None:
            self.task = asyncio.create_task(self.write())
        return True

    async def write(self):
        """Store everything that is waiting."""
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

        Sending to a large room keeps the process busy for many milliseconds. Messages
        that arrive during that time and the rest go out together, in one frame for each
        socket. A single message, or one in a small room, is not delayed.
        """
        begun = time.monotonic()
        await asyncio.sleep(0)  # every mailbox runs before this continues
        now = time.monotonic()
        self.rest_until = now + min(now - begun, LONGEST_REST)

    async def store(self, drafts):
        """Store messages; notify the sockets that sent them, then publish them."""
        metrics.batches.observe(len(drafts))
        try:
            with metrics.storing.time():
                await ask(store, drafts)
        except (DataError, IntegrityError) as problem:
            await self.store_singly(drafts, problem)
        except Exception as problem:
            self.give_up(drafts, problem)
        for draft in drafts:
            draft.socket.stored(draft)
        for batch in batches_of(drafts):
            self.publish(batch)

    async def store_singly(self, drafts, problem):
        """Store each message on its own, so that a bad one doesn't stop the others.

        If their room's number is behind its messages, it is corrected first.
        """
        log.warning("%s messages not stored together: %r", len(drafts), problem)
        try:
            await ask(mend_numbers, {draft.permit.room_pk for draft in drafts})
        except DatabaseError as another:
            self.give_up(drafts, another)
            return
        for draft in drafts:
            try:
                await ask(store, [draft])
            except Exception as another:
                self.give_up([draft], another)

    def give_up(self, drafts, problem):
        """Note that messages couldn't be stored; their senders will send them again."""
        is_ours = not isinstance(problem, DatabaseError)
        count = len(drafts)
        log.warning("%s messages not stored: %r", count, problem, exc_info=is_ours)
        for draft in drafts:
            draft.has_failed = True


# ---- Reading -------------------------------------------------------------------


@dataclass
class Batch:
    """Messages of one room, oldest first, and how far its history goes."""

    room_pk: int
    epoch: UUID | None  # which history; None if the room no longer exists
    last: int  # the number of its newest message, in this batch or not
    messages: list[protocol.Message]

    def as_event(self):
        """Return the event that carries this to other processes."""
        return {
            "type": "messages",
            "room": self.room_pk,
            "epoch": str(self.epoch),
            "last": self.last,
            "messages": json.encode(self.messages),
        }

    @classmethod
    def of_event(cls, event):
        """Return the batch in an event of another process."""
        messages = json.decode(event["messages"], type=list[protocol.Message])
        return cls(event["room"], UUID(event["epoch"]), event["last"], messages)


def batches_of(drafts):
    """Return what was stored, by room.

    A message that was stored before counts too, without its text: the process that
    stored it may have died, or given up waiting, before it published it.
    """
    batches = {}
    for draft in drafts:
        if draft.has_failed or not draft.message:
            continue
        room = draft.message.room
        batch = batches.setdefault(room.pk, Batch(room.pk, room.epoch, 0, []))
        batch.last = max(batch.last, draft.message.seq)
        if draft.is_new:
            batch.messages.append(draft.message.as_frame())
    return list(batches.values())


def newest_in(room_pk):
    """Return the newest messages of a room."""
    # Read the number first: a message stored in between is then in both, not in neither.
    epoch, last = place_of(room_pk)
    found = messages_of(room_pk).order_by("-seq")[:MOST_MESSAGES]
    messages = [message.as_frame() for message in found][::-1]
    return Batch(room_pk, epoch, max([last, *(one.seq for one in messages)]), messages)


def following(room_pk, after):
    """Return the next messages of a room that follow `after`."""
    epoch, last = place_of(room_pk)
    found = messages_of(room_pk).filter(seq__gt=after)[:MOST_MESSAGES]
    return Batch(room_pk, epoch, last, [message.as_frame() for message in found])


def place_of(room_pk):
    """Return the history of a room, and the number of its newest message."""
    room = Room.objects.filter(pk=room_pk).values_list("epoch", "last_seq").first()
    return room or (None, 0)


def older_than(room_pk, before):
    """Return a page of the messages before one, and whether there are older ones."""
    found = messages_of(room_pk).filter(seq__lt=before).order_by("-seq")
    page = [message.as_frame() for message in found[: MOST_OLDER + 1]]
    return page[:MOST_OLDER][::-1], len(page) > MOST_OLDER


def messages_of(room_pk):
    """Return the messages of a room, with the names that they show."""
    return Message.objects.filter(room=room_pk).select_related("room", "sender")
