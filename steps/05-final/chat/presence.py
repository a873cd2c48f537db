"""Who is here: rows in the database that all processes see, valid for a minute.

A person counts once, however many tabs they have open. Rows are deleted when people leave; those of
a process that was killed expire after a minute.
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
from chat.unread import note_read

GOOD_FOR = timedelta(seconds=60)
MOST_NAMES = 50  # in one frame

# Seconds. When a whole class arrives at once, it's written and published as one change.
GATHER = 0.2
# Seconds more for each person here. Each change is a frame for everybody, so a thousand
# people would otherwise cost five thousand frames a second while they arrive.
GATHER_EACH = 0.001

log = logging.getLogger(__name__)

# The ids of our Registers that have rows. Usually there's one, because each event loop
# has one.
processes = set()


@atexit.register
def forget_processes():
    """Delete the rows that are left when Python ends.

    Daphne doesn't wait for hundreds of sockets to close.
    """
    try:
        if processes:
            Presence.objects.filter(process__in=processes).delete()
    except DatabaseError:
        pass  # they expire


class Register:
    """Writes who has a socket in this process. Then it calls `changed(room_pks)`.

    When somebody leaves a room it also writes how far they have read, up to the last
    message that was sent to them, `head_of(room_pk)`. If the process is killed, the lobby
    shows messages as new that they have read.
    """

    def __init__(self, changed, head_of):
        self.process = uuid.uuid4()
        self.changed = changed
        self.head_of = head_of
        self.sockets = Counter()  # by (room, user), both as primary keys
        self.written = set()  # the pairs that are in the database
        self.read = {}  # numbers to write, by (room, user)
        self.task = None

    def come(self, room_pk, user_pk):
        """Count one more socket of a user in a room."""
        self.sockets[room_pk, user_pk] += 1
        self.write_soon()

    def go(self, room_pk, user_pk):
        """Count one socket fewer."""
        self.sockets[room_pk, user_pk] -= 1
        if not self.sockets[room_pk, user_pk]:
            del self.sockets[room_pk, user_pk]
            self.read[room_pk, user_pk] = self.head_of(room_pk)
        self.write_soon()

    def write_soon(self):
        """Start a task that writes what has changed, if anything has."""
        # Whoever comes and goes during a write has read something, and is here no longer.
        has_changed = self.read or set(self.sockets) != self.written
        if self.task is None and has_changed:
            self.task = asyncio.create_task(self.write_later())

    async def write_later(self):
        """Wait for more changes, then write them all."""
        await asyncio.sleep(GATHER + GATHER_EACH * len(self.sockets))
        is_written = await self.write()
        self.task = None
        if is_written:
            self.write_soon()

    async def write(self):
        """Write what has changed since the last time; return False if that failed."""
        here = set(self.sockets)
        come, gone = here - self.written, self.written - here
        read, self.read = self.read, {}
        try:
            await ask(write, self.process, come, gone, read)
        except DatabaseError as problem:
            self.read = read | self.read
            log.warning("Could not write presence: %r", problem)
            return False
        self.written = here
        if here:
            processes.add(self.process)
        else:
            processes.discard(self.process)
        self.changed({room_pk for room_pk, _ in come | gone})
        return True

    async def refresh(self):
        """Renew our rows, and delete those that have expired."""
        await ask(refresh, self.process, set(self.written))
        self.write_soon()

    async def close(self):
        """Write that everybody has left."""
        if self.task:
            self.task.cancel()
        await self.write()


@transaction.atomic
def write(process, come, gone, read):
    """Add and delete rows of a process, and note what was read by people who left.

    `come` and `gone` are sets of (room, user) primary keys, `read` has numbers by these.
    """
    note_read([(*place, seq) for place, seq in read.items()])
    # A room or an account may have been deleted meanwhile.
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
    """Renew the rows of a process, and delete rows that have expired.

    `here` is what the process has written. If it was suspended for a while (a laptop
    that slept), another process may have deleted its rows, so it writes them again. All
    times are the database's, because the clocks of two servers can differ.
    """
    renewed = Presence.objects.filter(process=process).update(seen=Now())
    if renewed < len(here):
        write(process, here, set(), {})
    Presence.objects.filter(seen__lt=Now() - GOOD_FOR).delete()


def people_in(room_pks):
    """Return {room pk: sorted names of the people who are there now}."""
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
