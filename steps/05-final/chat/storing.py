"""Storing messages in one transaction, each with the next number of its room."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from chat.access import Permit, recent_checks
from chat.history import Batch
from chat.models import Message, Room
from chat.protocol import Close

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Draft:
    """A message that somebody sent, and what became of it."""

    socket: object  # its method `stored(draft)` is called afterwards
    permit: Permit
    text: str
    cid: UUID | None
    sent_at: int | None
    server: str

    message: Message | None = None
    is_new: bool = True  # False if it was stored before
    refused: Close | None = None
    has_failed: bool = False

    def outcome(self):
        """Return what became of it, in a word for the metrics."""
        if self.has_failed:
            return "failed"
        if self.refused:
            return "refused"
        return "stored" if self.is_new else "again"

    def key(self):
        """Return what identifies a message that a client sends twice."""
        return self.permit.room_pk, self.permit.user_pk, self.cid


def store(drafts):
    """Store messages, and note the outcome in each draft.

    A message that was sent before with the same key isn't stored again. People who have
    lost access are refused.
    """
    try:
        store_once(drafts)
    except IntegrityError:
        # Another process may have stored one of them at the same moment: now it's found.
        store_once(drafts)


@transaction.atomic
def store_once(drafts):
    """Store messages, or none of them: see store()."""
    refused, people = recent_checks.check({draft.permit for draft in drafts})
    known = known_among(drafts)
    new = []
    for draft in drafts:
        # An earlier try was rolled back: its outcome doesn't count.
        draft.refused = refused.get(draft.permit)
        draft.message = None if draft.refused else known.get(draft.key())
        draft.is_new = draft.message is None
        if draft.is_new and not draft.refused:
            draft.message = unnumbered(draft, people)
            new.append(draft.message)
            if draft.cid:  # it may be in this batch twice
                known[draft.key()] = draft.message
    gone = number(new)
    for draft in drafts:
        if draft.permit.room_pk in gone:
            draft.message, draft.refused = None, Close.NOT_FOUND
    Message.objects.bulk_create(one for one in new if one.room_id not in gone)


def known_among(drafts):
    """Return the messages that are stored already, by the key of their draft."""
    cids = {draft.cid for draft in drafts} - {None}
    if not cids:
        return {}
    room_pks = {draft.permit.room_pk for draft in drafts}
    found = Message.objects.filter(room__in=room_pks, cid__in=cids)
    found = found.select_related("room")
    return {(one.room_id, one.sender_id, one.cid): one for one in found}


def unnumbered(draft, people):
    """Return a draft as a message that doesn't have its number yet."""
    return Message(
        room_id=draft.permit.room_pk,
        sender=people[draft.permit.user_pk],
        cid=draft.cid,
        text=draft.text,
        sent_at=draft.sent_at,
        server=draft.server,
    )


def number(messages):
    """Give messages the next numbers of their rooms; return the rooms that are gone."""
    by_room = defaultdict(list)
    for message in messages:
        by_room[message.room_id].append(message)
    gone = set()
    # Always in the same order, so that two writers never wait for each other.
    for room_pk, news in sorted(by_room.items()):
        room = advance(room_pk, len(news))
        if room is None:
            gone.add(room_pk)
            continue
        for seq, message in enumerate(news, room.last_seq - len(news) + 1):
            message.room, message.seq = room, seq
    return gone


def advance(room_pk, count):
    """Reserve `count` numbers of a room; return the room, or None if it doesn't exist.

    The UPDATE locks the row, so other writers wait until we commit, and no number is
    used twice or left out. Django has no RETURNING for an update, so this is SQL,
    and raw() makes a Room of the row that it returns.
    """
    update = (
        f"UPDATE {Room._meta.db_table} SET last_seq = last_seq + %s WHERE id = %s"
        " RETURNING id, name, last_seq, epoch"
    )
    return next(iter(Room.objects.raw(update, [count, room_pk])), None)


@transaction.atomic
def correct_numbers(room_pks):
    """Correct `last_seq` in rooms that have a message with a higher number.

    The chat never sets it back, but somebody who edits the database can. The next number
    would then be taken, and every new message in the room would fail.
    """
    # `no_key` still lets others insert rows that point to the rooms, on PostgreSQL.
    rooms = Room.objects.select_for_update(no_key=True).filter(pk__in=room_pks)
    pks = [room.pk for room in rooms.order_by("pk")]
    for room in Room.objects.filter(pk__in=pks).annotate(newest=Max("message__seq")):
        if (room.newest or 0) > room.last_seq:
            log.warning("Room %s was behind its messages.", room.pk)
            Room.objects.filter(pk=room.pk).update(last_seq=room.newest)


def batches_of(drafts):
    """Return what was stored as one batch for each room.

    A message that was stored before counts too, without its text: the process that
    stored it may have died, or timed out, before it published it.
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
