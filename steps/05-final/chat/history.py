"""Reading the messages of a room, for pages and for processes that have a gap."""

from dataclasses import dataclass
from uuid import UUID

from msgspec import json

from chat import frames
from chat.access import check_permits
from chat.models import Message, Room

MOST_MESSAGES = 100  # in one batch
MOST_OLDER = 50  # in one page when somebody scrolls back
FAR_BEHIND = 500  # messages; a page that has missed more starts over with the newest


@dataclass
class Batch:
    """Messages of one room, oldest first, and how far its history goes."""

    room_pk: int
    epoch: UUID | None  # which history; None if the room no longer exists
    last: int  # the number of its newest message, in this batch or not
    messages: list[frames.Message]

    def add(self, newer):
        """Add the messages of a newer batch; return False if there's no room for them.

        There may be others in between, which another process has stored.
        """
        count = len(self.messages) + len(newer.messages)
        if newer.epoch != self.epoch or count > MOST_MESSAGES:
            return False
        self.messages += newer.messages
        self.last = max(self.last, newer.last)
        return True

    def as_event(self):
        """Return the event that carries this batch to other processes."""
        return {
            "type": "messages",
            "room": self.room_pk,
            "epoch": str(self.epoch),
            "last": self.last,
            "messages": json.encode(self.messages),
        }

    @classmethod
    def of_event(cls, event):
        """Return the batch in an event from another process."""
        messages = json.decode(event["messages"], type=list[frames.Message])
        return cls(event["room"], UUID(event["epoch"]), event["last"], messages)


def newest_in(room_pk):
    """Return the newest messages of a room."""
    # Read the number first: a message stored in between is then in both, not in neither.
    epoch, last = place_of(room_pk)
    found = messages_of(room_pk).order_by("-seq")[:MOST_MESSAGES]
    messages = [message.as_frame() for message in found][::-1]
    return Batch(room_pk, epoch, max([last, *(one.seq for one in messages)]), messages)


def following(room_pk, after):
    """Return the next messages of a room, those after number `after`."""
    epoch, last = place_of(room_pk)
    found = messages_of(room_pk).filter(seq__gt=after)[:MOST_MESSAGES]
    return Batch(room_pk, epoch, last, [message.as_frame() for message in found])


def following_each(places):
    """Return {(room, after): batch}: the same for several (room, after)."""
    return {place: following(*place) for place in places}


def place_of(room_pk):
    """Return a room's epoch and the number of its newest message: (None, 0) if gone."""
    room = Room.objects.filter(pk=room_pk).values_list("epoch", "last_seq").first()
    return room or (None, 0)


def older_than(room_pk, before):
    """Return a page of the messages before one, and whether there are older ones."""
    found = messages_of(room_pk).filter(seq__lt=before).order_by("-seq")
    page = [message.as_frame() for message in found[: MOST_OLDER + 1]]
    return page[:MOST_OLDER][::-1], len(page) > MOST_OLDER


def older_for(permit, before):
    """Return a close code or None, then a page of older messages as older_than() does."""
    refused, _ = check_permits({permit})
    if permit in refused:
        return refused[permit], [], False
    return None, *older_than(permit.room_pk, before)


def messages_of(room_pk):
    """Return a query for the messages of a room, with the names that they show."""
    return Message.objects.filter(room=room_pk).select_related("room", "sender")
