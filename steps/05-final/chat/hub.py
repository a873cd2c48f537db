"""The hub: one for each server process. It connects the sockets with everything else.

However many sockets a process has in a room, it subscribes to the room once, encodes
each message once, and queues the same frame for all of them.
"""

import asyncio
import logging
from weakref import WeakKeyDictionary

from django.db import DatabaseError

from chat import frames, history
from chat.access import authorise, recent_checks
from chat.database import Together, ask
from chat.groups import EVERYBODY, group_name
from chat.link import Link
from chat.local_room import LocalRoom
from chat.people import People
from chat.watch import Watch
from chat.writer import Writer

CANCEL_AGAIN = 0.1  # seconds for a cancelled task to end

log = logging.getLogger(__name__)

# By event loop. A server process has one loop, so one hub; tests have many loops.
hubs = WeakKeyDictionary()


def this_hub():
    """Return the hub of the running event loop, and make it if there's none."""
    loop = asyncio.get_running_loop()
    if loop not in hubs:
        hubs[loop] = Hub()
    return hubs[loop]


class Hub:
    """The sockets of this process by user, and their rooms."""

    def __init__(self):
        self.rooms = {}  # LocalRooms, by primary key
        self.opening = {}  # tasks that open rooms, by primary key
        self.half_open = {}  # the LocalRooms that these read
        self.sockets = {}  # lists of sockets, the oldest first, by the user's primary key
        self.tasks = set()
        self.link = Link(self.receive, self.introduce)
        self.writer = Writer(self.publish)
        self.people = People(self.rooms, self.link, self.spawn)
        self.watch = Watch(self)
        # Questions of opening sockets, collected and answered together.
        self.authorising = Together(authorise)
        self.pages = Together(history.following_each)

    def spawn(self, work):
        """Start a task and keep it: asyncio may drop one that nothing refers to."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.done)
        return task

    def done(self, task):
        """Forget a task that has ended. If a repair failed, the next check tries again."""
        self.tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            log.warning("%s has failed: %r", task.get_coro().__name__, problem)

    # ---- Sockets come and go --------------------------------------------------------

    async def enter(self, socket):
        """Register a socket, open its room if necessary, and return the LocalRoom."""
        if not self.sockets:
            for duty in (self.link.listen, self.link.send, self.watch.keep):
                self.spawn(duty())
        user_pk, room_pk = socket.permit.user_pk, socket.permit.room_pk
        self.sockets.setdefault(user_pk, []).append(socket)
        if room_pk not in self.rooms:
            # Sockets that arrive meanwhile wait for the same task. If one of them closes,
            # shield() keeps the task alive for the others.
            if room_pk not in self.opening:
                self.opening[room_pk] = asyncio.create_task(self.open(room_pk))
            await asyncio.shield(self.opening[room_pk])
        return self.rooms[room_pk]

    async def open(self, room_pk):
        """Follow a room: subscribe first, then read, so that no message is missed."""
        room = self.half_open[room_pk] = LocalRoom(room_pk, self.spawn)
        try:
            groups = [EVERYBODY, group_name(room_pk)]
            is_first = not self.rooms
            if await self.link.subscribe(groups) and is_first:
                await self.link.greet()
            room.begin(await ask(history.newest_in, room_pk))
            self.rooms[room_pk] = room
            room.notice(room.wanted)  # more may have been stored during the read
        finally:
            del self.opening[room_pk], self.half_open[room_pk]

    def join(self, socket):
        """Let a socket that has caught up receive everything from now on."""
        room = self.rooms[socket.permit.room_pk]
        room.sockets.add(socket)
        self.people.register.come(room.pk, socket.permit.user_pk)
        if room.here:
            socket.post(room.here)

    async def leave(self, socket):
        """Forget a socket; after the last one, close the hub."""
        user_pk, room_pk = socket.permit.user_pk, socket.permit.room_pk
        room = self.rooms.get(room_pk)
        if room and socket in room.sockets:
            room.sockets.discard(socket)
            self.people.register.go(room_pk, user_pk)
        self.sockets[user_pk].remove(socket)
        if not self.sockets[user_pk]:
            del self.sockets[user_pk]
        if not self.sockets:
            await self.close()

    async def close(self):
        """End all tasks and leave the layer; the next socket gets a new hub."""
        hubs.pop(asyncio.get_running_loop(), None)
        self.link.is_closed = True
        try:
            # A socket that came and went at once has left a room half open.
            await asyncio.gather(*self.opening.values(), return_exceptions=True)
            if self.writer.task:
                await self.writer.task
            await self.people.register.close()
        finally:
            for task in self.tasks:
                task.cancel()
        while self.tasks:
            # Once isn't enough: in Python 3.11, asyncio.wait_for, which redis-py uses,
            # can swallow a cancellation (https://github.com/python/cpython/issues/86296).
            await asyncio.wait(self.tasks, timeout=CANCEL_AGAIN)
            for task in self.tasks:
                task.cancel()
        await self.link.flush()
        await self.link.unsubscribe([EVERYBODY, *map(group_name, self.rooms)])

    # ---- Messages and other events --------------------------------------------------

    def publish(self, batch):
        """Deliver messages that were stored here, in this process and in the others."""
        if room := self.rooms.get(batch.room_pk):
            room.deliver(batch)
        self.link.put_batch(group_name(batch.room_pk), batch)

    def receive(self, event):
        """Handle an event, of another process or of a signal in this one."""
        if event["type"] == "check":
            recent_checks.forget()
            self.spawn(self.watch.check(event))
            return
        room = self.rooms.get(event["room"])
        if room is None:
            if half_open := self.half_open.get(event["room"]):
                half_open.wanted = max(half_open.wanted, event.get("last", 0))
            return
        if event["type"] == "messages":
            if event["epoch"] == str(room.epoch) and event["last"] <= room.head:
                return  # repeated, or read from the database meanwhile
            room.deliver(history.Batch.of_event(event))
        elif event["type"] == "presence":
            self.spawn(self.people.show([room.pk]))
        elif event["type"] == "typing":
            room.post(frames.encode(frames.TypingNow(event["people"])))

    def introduce(self):
        """Publish each room's newest number, and that presence may have changed.

        Called when this process learns of another one.
        """
        for room in self.rooms.values():
            batch = history.Batch(room.pk, room.epoch, room.head, [])
            self.link.put_batch(group_name(room.pk), batch)
        self.people.changed(set(self.rooms))

    async def reach_newest(self, room):
        """Return once this process has the newest messages of a room.

        Raises DatabaseError if they can't be read.
        """
        await self.watch.find_missing([room.pk])
        while room.repairing:
            await asyncio.wait([room.repairing])
        if room.has_gap():
            raise DatabaseError("the newest messages could not be read")
