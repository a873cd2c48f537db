"""The watch: finds what the channel layer has lost, and closes sockets that lost access."""

import asyncio
import logging
import random
from contextlib import suppress

from django.db import DatabaseError

from chat import frames, storing
from chat.access import check_permits, mark_of
from chat.database import ask
from chat.groups import EVERYBODY, group_name
from chat.models import Room
from chat.protocol import Close

CHECK_EVERY = 25  # seconds
CHECK_EVERY_DOWN = 5  # seconds between checks while the layer is down

log = logging.getLogger(__name__)


class Watch:
    """Checks the sockets and rooms of a hub, from time to time and when asked."""

    def __init__(self, hub):
        self.hub = hub
        self.link = hub.link

    async def keep(self):
        """Check from time to time, and as soon as the layer fails."""
        while not self.link.is_closed:
            pause = CHECK_EVERY_DOWN if self.link.is_down else CHECK_EVERY
            # Vary the pause, so that processes don't all check at once. If the layer fails,
            # check now.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.8, 1.2)):
                    await self.link.failure.wait()
            self.link.failure.clear()
            # Ping first, so that pages don't reconnect in vain while the database is down.
            ping = frames.encode(frames.Ping())
            for room in self.hub.rooms.values():
                room.post(ping)
            try:
                await self.check_all()
            except DatabaseError as problem:
                log.warning("The database does not answer: %r", problem)
            except Exception:
                log.exception("A check has failed; there will be another one.")

    async def check_all(self):
        """Make up for lost events: memberships, messages, presence, withdrawn access."""
        await self.forget_empty_rooms()
        groups = [EVERYBODY, *map(group_name, self.hub.rooms)]
        self.link.is_down = not await self.link.subscribe(groups)
        if not self.link.is_down:
            await self.link.greet()
        await self.check({})
        await self.hub.people.register.refresh()
        await self.hub.people.show(list(self.hub.rooms))

    async def forget_empty_rooms(self):
        """Stop following rooms without sockets."""
        rooms = self.hub.rooms
        used = {socket.permit.room_pk for socket in self.sockets()}
        empty = [room_pk for room_pk in rooms if room_pk not in used]
        for room_pk in empty:
            del rooms[room_pk]
        await self.link.unsubscribe(map(group_name, empty))
        # A socket may have opened one again meanwhile.
        back = [pk for pk in empty if pk in rooms or pk in self.hub.opening]
        await self.link.subscribe(map(group_name, back))

    def sockets(self, whom=None):
        """Return all sockets, or those that a "check" event names (chat/changes.py).

        An event without `user`, for example, isn't limited to the sockets of one user.
        """
        whom = whom or {}
        return [
            socket
            for sockets in self.hub.sockets.values()
            for socket in sockets
            if whom.get("user") in {None, socket.permit.user_pk}
            and whom.get("room") in {None, socket.permit.room_pk}
            and whom.get("ended") in {None, mark_of(socket.permit.session_key)}
        ]

    # ---- Access ---------------------------------------------------------------------

    async def check(self, whom):
        """Close sockets that are no longer allowed, and look for missing messages.

        `whom` is {} for all sockets, or a "check" event (chat/changes.py).
        """
        sockets = self.sockets(whom)
        if whom.get("ended"):
            for socket in sockets:
                socket.close_for(Close.LOGGED_OUT)
            return
        refused, people = await ask(
            check_permits, {socket.permit for socket in sockets}
        )
        for socket in sockets:
            if code := refused.get(socket.permit):
                socket.close_for(code)
            else:
                self.rename(socket, people[socket.permit.user_pk])
        if whom.get("renamed"):
            self.forget_names()  # even if that person has no socket here
        # A change of a room or an account may have changed its messages, too.
        await self.find_missing(list(self.hub.rooms))

    def rename(self, socket, user):
        """Give a socket the current name of its user."""
        if socket.user.get_username() != user.get_username():
            self.forget_names()
        socket.user = user

    def forget_names(self):
        """Read the newest messages of each room again: new pages show current names."""
        for room in self.hub.rooms.values():
            room.must_begin = True

    # ---- Messages -------------------------------------------------------------------

    async def find_missing(self, room_pks):
        """Ask the database for each room's newest number; read what is missing."""
        rooms = self.hub.rooms
        heads = {pk: rooms[pk].head for pk in room_pks if pk in rooms}
        found = Room.objects.filter(pk__in=heads)
        found = await ask(list, found.values_list("pk", "last_seq", "epoch"))
        if behind := [pk for pk, last, _ in found if last < heads[pk]]:
            await self.renew_history(behind)
        for room_pk, last, epoch in found:
            if room := rooms.get(room_pk):
                room.must_begin |= epoch != room.epoch or room_pk in behind
                room.notice(last, found_by="check")

    async def renew_history(self, room_pks):
        """The database went back: it was restored by hand, or lost its last changes.

        What it has now counts. Its rooms get a new epoch, so that every process and page
        starts over, not only those that were ahead of it. If only the number of a room
        is behind its messages, the number is corrected.
        """
        log.warning("The database knows less than this process: rooms %s.", room_pks)
        await ask(storing.correct_numbers, room_pks)
        rooms = Room.objects.filter(pk__in=room_pks)
        for pk, last in await ask(list, rooms.values_list("pk", "last_seq")):
            room = self.hub.rooms.get(pk)
            if room and last < room.head:
                await ask(Room.renew_epochs, rooms.filter(pk=pk, epoch=room.epoch))
                check = {"type": "check", "room": pk}
                self.link.put(group_name(pk), check)
