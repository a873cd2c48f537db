"""Who is here and who is typing: sent to the sockets here, and to other processes."""

import asyncio
import logging

from django.db import DatabaseError

from chat import frames
from chat.database import ask
from chat.groups import group_name
from chat.presence import MOST_NAMES, Register, people_in

TYPING_GATHER = 0.5  # seconds; people who type are announced together

log = logging.getLogger(__name__)


class People:
    """The people in the rooms of this process (`rooms`: LocalRooms, by primary key)."""

    def __init__(self, rooms, link, spawn):
        self.rooms = rooms
        self.link = link
        self.spawn = spawn
        self.register = Register(self.changed, lambda pk: rooms[pk].head)

    def changed(self, room_pks):
        """Publish that somebody has come or gone."""
        for room_pk in room_pks:
            self.link.put(group_name(room_pk), {"type": "presence", "room": room_pk})
        if here := [room_pk for room_pk in room_pks if room_pk in self.rooms]:
            self.spawn(self.show(here))

    async def show(self, room_pks):
        """Send the sockets who is in their rooms, if that has changed."""
        try:
            found = await ask(people_in, room_pks)
        except DatabaseError as problem:
            log.warning("Could not read presence: %r", problem)
            return
        for room_pk, names in found.items():
            room = self.rooms.get(room_pk)
            here = frames.encode(frames.Here(names[:MOST_NAMES], len(names)))
            if room and here != room.here:
                room.here = here
                room.post(here)

    def note_typing(self, room, name):
        """Note that somebody is typing; it's sent a moment later."""
        if not room.typing:
            asyncio.get_running_loop().call_later(TYPING_GATHER, self.show_typing, room)
        room.typing.add(name)

    def show_typing(self, room):
        """Send who has typed within the last moment."""
        names = sorted(room.typing)[:MOST_NAMES]
        room.typing.clear()
        room.post(frames.encode(frames.TypingNow(names)))
        typing = {"type": "typing", "room": room.pk, "people": names}
        self.link.put(group_name(room.pk), typing)
