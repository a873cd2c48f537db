"""Who is here: in the database, for all processes, and valid for a minute.

A person counts once, however many tabs and processes. People who leave are removed at
once; people whose process died are removed when the minute is over.
"""

import asyncio
import atexit
import logging
import uuid
from collections import Counter
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.db.models.functions import Now

from chat.database import ask
from chat.models import Presence, Room

GOOD_FOR = timedelta(seconds=60)
MOST_NAMES = 50  # in one frame

# Seconds. A class that arrives all at once is announced as one change.
GATHER = 0.2

log = logging.getLogger(__name__)

# Those of ours that have written rows. Usually one: each event loop has its own.
processes = set()


@atexit.register
def forget_processes():
    """Remove the people who are still noted when Python ends.

    Daphne doesn't wait until hundreds of sockets are closed.
    """
    try:
        if processes:
            Presence.objects.filter(process__in=processes).delete()
    except DatabaseError:
        pass  # then they are removed when the minute is over


class Register:
    """The people with sockets in this process, noted where all processes can see them.

    `changed(room_pks)` is called after something was written.
    """

    def __init__(self, changed):
        self.process = uuid.uuid4()
        self.changed = changed
        self.sockets = Counter()  # open ones, by room and person
        self.written = set()
        self.task = None

    def come(self, room_pk, user_pk):
        """Note one more socket of somebody in a room."""
        self.sockets[room_pk, user_pk] += 1
        self.write_soon()

    def go(self, room_pk, user_pk):
        """Note one socket less."""
        self.sockets[room_pk, user_pk] -= 1
        if not self.sockets[room_pk, user_pk]:
            del self.sockets[room_pk, user_pk]
        self.write_soon()

    def write_soon(self):
        """Write what has changed, a moment later."""
        if self.task is None and set(self.sockets) != self.written:
            self.task = asyncio.create_task(self.write_later())

    async def write_later(self):
        """Wait for more changes, then write them all."""
        await asyncio.sleep(GATHER)
        is_written = await self.write()
        self.task = None
        if is_written:
            self.write_soon()

    async def write(self):
        """Write what has changed since the last time; return whether it worked."""
        here = set(self.sockets)
        come, gone = here - self.written, self.written - here
        try:
            await ask(write, self.process, come, gone)
        except DatabaseError as problem:
            log.warning("Who is here could not be written down: %r", problem)
            return False
        self.written = here
        if here:
            processes.add(self.process)
        else:
            processes.discard(self.process)
        self.changed({room_pk for room_pk, _ in come | gone})
        return True

    async def refresh(self):
        """Renew the people who are here; remove those of processes that died."""
        await ask(refresh, self.process, set(self.written))
        self.write_soon()

    async def close(self):
        """Write that nobody is here any more."""
        if self.task:
            self.task.cancel()
        await self.write()


@transaction.atomic
def write(process, come, gone):
    """Note who has come to and gone from a process, as (room, person) each."""
    # A room or an account may be deleted by now.
    rooms = Room.objects.in_bulk({room_pk for room_pk, _ in come})
    people = get_user_model().objects.in_bulk({user_pk for _, user_pk in come})
    rows = [
        Presence(room_id=room_pk, user_id=user_pk, process=process)
        for room_pk, user_pk in come
        if room_pk in rooms and user_pk in people
    ]
    Presence.objects.bulk_create(rows, ignore_conflicts=True)
    for room_pk in {room_pk for room_pk, _ in gone}:
        left = [user_pk for room, user_pk in gone if room == room_pk]
        Presence.objects.filter(process=process, room=room_pk, user__in=left).delete()


def refresh(process, here):
    """Renew the rows of a process, and delete those that nobody renews.

    `here` is what it has written. If it was stopped for a while (a laptop asleep),
    another process may have deleted its rows, so it writes them again. All times are
    the database's, because the clocks of two servers may differ by over a minute.
    """
    renewed = Presence.objects.filter(process=process).update(seen=Now())
    if renewed < len(here):
        write(process, here, set())
    Presence.objects.filter(seen__lt=Now() - GOOD_FOR).delete()


def people_in(room_pks):
    """Return the names of the people who are in rooms now, by room."""
    found = (
        Presence.objects.filter(room__in=room_pks, seen__gte=Now() - GOOD_FOR)
        .order_by("user__username")
        .values_list("room", "user__username")
        .distinct()
    )
    names = {room_pk: [] for room_pk in room_pks}
    for room_pk, name in found:
        names[room_pk].append(name)
    return names
