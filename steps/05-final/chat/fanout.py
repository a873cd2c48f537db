"""From the database to the sockets: one subscription for each room and process.

However many sockets a process has in a room, each message is read once, encoded once
and put into their mailboxes. The channel layer carries messages from process to process,
and may lose them, repeat them or deliver them late: each process knows the number of the
last message that its sockets have, and reads missing ones from the database.

The numbers belong to one history, which has an id, the epoch. When the epoch changes
(a backup was restored, messages were deleted), processes and pages start over.
"""

import asyncio
import logging
import random
from collections import deque
from contextlib import suppress
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.db import DatabaseError

from chat import history, metrics, protocol
from chat.access import mark_of, refusals
from chat.database import ask
from chat.groups import EVERYBODY, group_name
from chat.limits import Person
from chat.models import Room
from chat.presence import MOST_NAMES, Register, people_in

LOOK_AGAIN = 25  # seconds between two checks, because the layer may lose events
LOOK_AGAIN_DEAF = 5  # while the layer is down
LAYER_PATIENCE = 2  # seconds for one call of the layer
CANCEL_AGAIN = 0.1  # seconds for a cancelled task to end
TYPING_GATHER = 0.5  # seconds; people who type are announced together

log = logging.getLogger(__name__)

hubs = WeakKeyDictionary()


def this_hub():
    """Return the hub of this process (to be exact, of its event loop)."""
    return hubs.setdefault(asyncio.get_running_loop(), Hub())


class LocalRoom:
    """What one process knows of a room: its sockets here, and the newest messages."""

    def __init__(self, pk):
        self.pk = pk
        self.sockets = set()
        self.recent = deque()
        self.epoch = None  # the history that the numbers below belong to
        self.head = 0  # the number of the newest message that the sockets have
        self.floor = 0  # every message after this one is in `recent`
        self.typing = set()
        self.wanted = 0  # the number of the newest message that we know of
        self.is_noticed = False  # whether one was announced since the last read began
        # `recent` is out of date, or the history has changed.
        self.must_begin = False
        self.is_repairing = False
        self.repair = None  # the task that repairs
        self.here = None  # the last presence frame

    def begin(self, newest):
        """Start from the newest messages; if the history has changed, start over."""
        messages = newest.messages
        goes_on = newest.epoch == self.epoch and newest.last >= self.head
        if not goes_on:
            self.epoch, self.head = newest.epoch, newest.last
        is_all = len(messages) < history.MOST_MESSAGES
        self.floor = 0 if is_all else min(messages[0].seq - 1, self.head)
        self.recent = deque(one for one in messages if one.seq <= self.head)
        # The messages in between come next, in order, as for any gap. Newer ones may have
        # been announced since these were read.
        self.wanted = max(self.wanted, newest.last)
        if not goes_on:
            for frame in self.sync(messages, reset=True):
                self.post(frame)

    def sync(self, messages, reset):
        """Return the frames that bring a page up to date, or have it start over."""
        more = self.floor > 0 if reset else None
        about = {"reset": reset, "more": more, "epoch": self.epoch}
        return protocol.encode_sync(messages, **about)

    def take(self, messages):
        """Give every socket messages that follow the ones it has."""
        self.head = messages[-1].seq
        self.recent.extend(messages)
        while len(self.recent) > history.MOST_MESSAGES:
            self.floor = self.recent.popleft().seq
        for frame in protocol.encode_messages(messages):
            self.post(frame)
        metrics.deliveries.inc(len(messages) * len(self.sockets))

    def after(self, seq):
        """Return the messages after `seq`, which must not be below the floor."""
        return [message for message in self.recent if message.seq > seq]

    def post(self, frame):
        """Give the same frame to every socket."""
        for socket in list(self.sockets):
            socket.post(frame)


class Hub:
    """All sockets of this process, by room and by person, and its layer subscription."""

    def __init__(self):
        self.rooms = {}
        self.people = {}
        self.opening = {}
        self.writer = history.Writer(self.publish)
        self.presence = Register(self.announce_presence)
        self.news = {}  # events to send through the layer, by group and kind
        self.has_news = asyncio.Event()
        self.must_look = asyncio.Event()
        self.is_deaf = False
        # A flag too, because a library may swallow the cancellation of our tasks.
        self.is_closed = False
        self.channel = None
        self.duties = []
        self.tasks = set()

    def spawn(self, work):
        """Start a task and keep it; asyncio may drop one that nobody refers to."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.done)
        return task

    def done(self, task):
        """Forget a task that has ended; the next check repairs what it failed to do."""
        self.tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            log.warning("%s has failed: %r", task.get_coro().__name__, problem)

    # ---- Sockets come and go ---------------------------------------------------

    async def enter(self, socket):
        """Take in a socket; return what this process knows of its room."""
        if not self.duties:
            self.layer = get_channel_layer()
            self.duties = [self.listen(), self.announce(), self.keep_watch()]
            for duty in self.duties:
                self.spawn(duty)
        user_pk, room_pk = socket.permit.user_pk, socket.permit.room_pk
        self.people.setdefault(user_pk, Person()).sockets.append(socket)
        if room_pk not in self.rooms:
            # Sockets that come meanwhile wait for the same task.
            if room_pk not in self.opening:
                self.opening[room_pk] = asyncio.create_task(self.open(room_pk))
            await asyncio.shield(self.opening[room_pk])
        return self.rooms[room_pk]

    async def open(self, room_pk):
        """Start following a room: subscribe first, then read, so that nothing is missed."""
        try:
            await self.subscribe([EVERYBODY, group_name(room_pk)])
            room = LocalRoom(room_pk)
            room.begin(await ask(history.newest_in, room_pk))
            self.rooms[room_pk] = room
        finally:
            del self.opening[room_pk]

    def join(self, socket):
        """Let a socket that has caught up receive everything from now on."""
        permit = socket.permit
        room = self.rooms[permit.room_pk]
        room.sockets.add(socket)
        self.presence.come(permit.room_pk, permit.user_pk)
        if room.here:
            socket.post(room.here)

    async def leave(self, socket):
        """Forget a socket; after the last one, stop."""
        user_pk, room_pk = socket.permit.user_pk, socket.permit.room_pk
        room = self.rooms.get(room_pk)
        if room and socket in room.sockets:
            room.sockets.discard(socket)
            self.presence.go(room_pk, user_pk)
        person = self.people[user_pk]
        person.sockets.remove(socket)
        if not person.sockets:
            del self.people[user_pk]
        if not self.people:
            await self.close()

    async def close(self):
        """Stop following; the next socket gets a new hub."""
        hubs.pop(asyncio.get_running_loop(), None)
        self.is_closed = True
        try:
            # A socket that came and went at once has left a room half open.
            await asyncio.gather(*self.opening.values(), return_exceptions=True)
            if self.writer.task:
                await self.writer.task
            await self.presence.close()
        finally:
            for task in self.tasks:
                task.cancel()
        while self.tasks:
            # Once isn't enough: in Python 3.11, asyncio.wait_for, which redis-py uses,
            # swallows a cancellation that arrives together with its result.
            await asyncio.wait(self.tasks, timeout=CANCEL_AGAIN)
            for task in self.tasks:
                task.cancel()
        await self.carry_news()
        await self.unsubscribe([EVERYBODY, *map(group_name, self.rooms)])

    # ---- The channel layer --------------------------------------------------------

    async def subscribe(self, groups):
        """Join groups of the layer, as often as you like; return whether it worked."""
        try:
            if self.channel is None:
                self.channel = await self.layer.new_channel()
            for name in groups:
                async with asyncio.timeout(LAYER_PATIENCE):
                    await self.layer.group_add(name, self.channel)
        except Exception as problem:
            self.note_failure(problem)
            return False
        return True

    async def unsubscribe(self, groups):
        """Leave groups of the layer; a membership that stays there expires."""
        with suppress(Exception):
            for name in groups:
                async with asyncio.timeout(LAYER_PATIENCE):
                    await self.layer.group_discard(name, self.channel)

    def note_failure(self, problem):
        """Treat the layer as down: go on without it, and check the database more often."""
        metrics.layer_failures.inc()
        if not self.is_deaf:
            log.warning("The channel layer does not answer: %r", problem)
            self.is_deaf = True
            self.must_look.set()

    async def listen(self):
        """Receive what other processes send."""
        while not self.is_closed:
            try:
                if self.channel is None:
                    self.channel = await self.layer.new_channel()
                event = await self.layer.receive(self.channel)
            except Exception as problem:
                self.note_failure(problem)
                await asyncio.sleep(LAYER_PATIENCE)
                self.must_look.set()
                continue
            try:
                self.hear(event)
            except Exception:
                # During an update, it may come from a process with other code: go on.
                log.exception("An event could not be understood.")

    def hear(self, event):
        """Handle an event of another process, or of this one: it receives its own too."""
        if event["type"] == "look":
            self.spawn(self.check(event))
            return
        room = self.rooms.get(event["room"])
        if room is None:
            return
        if event["type"] == "messages":
            if event["epoch"] == str(room.epoch) and event["last"] <= room.head:
                return  # our own, repeated, or read from the database meanwhile
            self.deliver(history.Batch.of_event(event))
        elif event["type"] == "presence":
            self.spawn(self.show_presence([room.pk]))
        elif event["type"] == "typing" and event["from"] != self.channel:
            room.post(protocol.encode(protocol.TypingNow(event["people"])))

    def tell(self, room_pk, event):
        """Send an event to the other processes, soon.

        While the layer doesn't keep up, only the newest event of each kind is kept for
        each room: a process that receives it notices what is missing, and reads it.
        """
        key = group_name(room_pk), event["type"]
        self.news[key] = event | {"room": room_pk}
        self.has_news.set()

    async def announce(self):
        """Send events through the layer, one after the other."""
        while not self.is_closed:
            await self.has_news.wait()
            self.has_news.clear()
            if not await self.carry_news():
                await asyncio.sleep(LAYER_PATIENCE)
                self.has_news.set()

    async def carry_news(self):
        """Send all waiting events; return whether the layer took them all."""
        while self.news:
            key = next(iter(self.news))  # the oldest
            group, _ = key
            event = self.news.pop(key)
            try:
                async with asyncio.timeout(LAYER_PATIENCE):
                    await self.layer.group_send(group, event)
            except Exception as problem:
                # The next try sends it, or a newer one of its kind. If the layer did
                # take it, it arrives twice, which does no harm.
                self.news.setdefault(key, event)
                self.note_failure(problem)
                return False
        return True

    # ---- Messages -----------------------------------------------------------------

    def publish(self, batch):
        """Publish messages that were stored here to everybody in the room."""
        self.deliver(batch)
        waiting = self.news.get((group_name(batch.room_pk), "messages"))
        # Without messages, it only repeats that an old one is stored. That mustn't
        # replace newer ones, from which others learn the same.
        if batch.messages or waiting is None:
            self.tell(batch.room_pk, batch.as_event())

    def deliver(self, batch):
        """Give messages to the sockets, if they follow the ones those have."""
        room = self.rooms.get(batch.room_pk)
        if room is None:
            return
        # Events can arrive out of order: only the database knows which history is the
        # current one.
        room.must_begin |= batch.epoch != room.epoch
        follow = batch.messages and batch.messages[0].seq == room.head + 1
        if follow and not (room.is_repairing or room.must_begin):
            room.take(batch.messages)
        else:
            self.notice(room, batch.last)

    def notice(self, room, last, noticed="gap"):
        """Message `last` exists: unless we have it, read everything up to it."""
        if last <= room.head and not room.must_begin:
            return
        room.wanted = max(room.wanted, last)
        room.is_noticed = True
        if not room.is_repairing:
            metrics.repairs.labels(noticed).inc()
            room.is_repairing = True
            room.repair = self.spawn(self.repair(room))

    async def look_for_messages(self, room_pks):
        """Ask the database for the newest number of rooms, and repair those behind it."""
        heads = {pk: self.rooms[pk].head for pk in room_pks if pk in self.rooms}
        found = Room.objects.filter(pk__in=heads)
        found = await ask(list, found.values_list("pk", "last_seq", "epoch"))
        if behind := [pk for pk, last, _ in found if last < heads[pk]]:
            await self.mend(behind)
        for room_pk, last, epoch in found:
            if room := self.rooms.get(room_pk):
                room.must_begin |= epoch != room.epoch or room_pk in behind
                self.notice(room, last, noticed="look")

    async def mend(self, room_pks):
        """The database went back: it was restored by hand, or lost its last changes.

        What it has now counts. Its rooms get a new history id, so that every process and
        page starts over, not only those that were ahead of it. If only a room's number
        is behind its messages, the number is corrected.
        """
        log.warning("The database knows less than this process: rooms %s.", room_pks)
        await ask(history.mend_numbers, room_pks)
        rooms = Room.objects.filter(pk__in=room_pks)
        for pk, last in await ask(list, rooms.values_list("pk", "last_seq")):
            room = self.rooms.get(pk)
            if room and last < room.head:
                await ask(Room.renew_epochs, rooms.filter(pk=pk, epoch=room.epoch))
                self.tell(pk, {"type": "look"})

    async def reach_newest(self, room):
        """Return once this process has the newest messages of a room.

        Raises DatabaseError if the database doesn't answer.
        """
        await self.look_for_messages([room.pk])
        while room.is_repairing:
            await asyncio.wait([room.repair])
        if room.must_begin or room.head < room.wanted:
            raise DatabaseError("the newest messages could not be read")

    async def repair(self, room):
        """Read missing messages from the database, and give them to the sockets."""
        try:
            while room.must_begin or room.head < room.wanted:
                if room.must_begin:
                    await self.begin_again(room)
                    continue
                room.is_noticed = False
                batch = await ask(history.following, room.pk, room.head)
                if batch.epoch != room.epoch:
                    room.must_begin = True
                elif batch.messages:
                    room.take(batch.messages)
                elif not room.is_noticed:
                    # Deleted messages aren't missing. But never go beyond the newest
                    # number: the next message would be taken for an old one.
                    room.head = max(room.head, min(room.wanted, batch.last))
                    room.wanted = room.head
        except DatabaseError as problem:
            log.warning("Missing messages could not be read: %r", problem)
        finally:
            room.is_repairing = False

    async def begin_again(self, room):
        """Read the newest messages of a room whose history may have changed."""
        room.must_begin = False
        try:
            newest = await ask(history.newest_in, room.pk)
        except DatabaseError:
            room.must_begin = True
            raise
        if newest.epoch is None:
            room.wanted = room.head  # the room is gone; the check closes its sockets
        else:
            room.begin(newest)

    # ---- Who is here, who is typing -------------------------------------------------

    def announce_presence(self, room_pks):
        """Somebody has come or gone."""
        for room_pk in room_pks:
            self.tell(room_pk, {"type": "presence"})
        if here := [room_pk for room_pk in room_pks if room_pk in self.rooms]:
            self.spawn(self.show_presence(here))

    async def show_presence(self, room_pks):
        """Send the sockets who is in their rooms, if that has changed."""
        try:
            found = await ask(people_in, room_pks)
        except DatabaseError as problem:
            log.warning("Who is here could not be read: %r", problem)
            return
        for room_pk, people in found.items():
            room = self.rooms.get(room_pk)
            here = protocol.encode(protocol.Here(people[:MOST_NAMES], len(people)))
            if room and here != room.here:
                room.here = here
                room.post(here)

    def type(self, socket, name):
        """Somebody is typing."""
        room = self.rooms[socket.permit.room_pk]
        if not room.typing:
            asyncio.get_running_loop().call_later(TYPING_GATHER, self.show_typing, room)
        room.typing.add(name)

    def show_typing(self, room):
        """Send a room who has just typed."""
        people = sorted(room.typing)[:MOST_NAMES]
        room.typing.clear()
        room.post(protocol.encode(protocol.TypingNow(people)))
        self.tell(room.pk, {"type": "typing", "people": people, "from": self.channel})

    # ---- From time to time ------------------------------------------------------------

    async def keep_watch(self):
        """Check from time to time, and when something has gone wrong."""
        while not self.is_closed:
            pause = LOOK_AGAIN_DEAF if self.is_deaf else LOOK_AGAIN
            with suppress(TimeoutError):
                # Not all processes at the same moment.
                async with asyncio.timeout(pause * random.uniform(0.8, 1.2)):
                    await self.must_look.wait()
            self.must_look.clear()
            # The ping comes first, so that pages don't reconnect, in vain, while the
            # database is down.
            ping = protocol.encode(protocol.Ping())
            for room in self.rooms.values():
                room.post(ping)
            try:
                await self.look_again()
            except DatabaseError as problem:
                log.warning("The database does not answer: %r", problem)
            except Exception:
                log.exception("The check has failed; there will be another one.")

    async def look_again(self):
        """Repair what the layer has lost: group membership, changed access, messages."""
        await self.forget_empty_rooms()
        groups = [EVERYBODY, *map(group_name, self.rooms)]
        self.is_deaf = not await self.subscribe(groups)
        await self.check({})
        await self.presence.refresh()
        await self.show_presence(list(self.rooms))

    async def forget_empty_rooms(self):
        """Stop following rooms without sockets."""
        people = self.people.values()
        used = {one.permit.room_pk for person in people for one in person.sockets}
        empty = [room_pk for room_pk in self.rooms if room_pk not in used]
        for room_pk in empty:
            del self.rooms[room_pk]
        await self.unsubscribe(map(group_name, empty))
        # Somebody may have come back at that moment.
        back = [room_pk for room_pk in empty if room_pk in {*self.rooms, *self.opening}]
        await self.subscribe(map(group_name, back))

    async def check(self, whom):
        """Close sockets that are no longer allowed, and look for missing messages.

        Check all sockets, or only those that `whom` names by `user` or `room`. `ended` is
        the mark of a session that has ended: only its sockets matter then.
        """
        ended = whom.get("ended")
        sockets = [
            socket
            for person in self.people.values()
            for socket in person.sockets
            if whom.get("user") in {None, socket.permit.user_pk}
            and whom.get("room") in {None, socket.permit.room_pk}
            and not (ended and mark_of(socket.permit.session_key) != ended)
        ]
        if ended:
            for socket in sockets:
                socket.show_out(protocol.Close.LOGGED_OUT)
            return
        refused, people = await ask(refusals, {socket.permit for socket in sockets})
        for socket in sockets:
            if code := refused.get(socket.permit):
                socket.show_out(code)
            else:
                self.rename(socket, people[socket.permit.user_pk])
        if whom.get("renamed"):
            self.forget_names()  # the person may have left by now
        # A change of a room or an account may have changed its messages, too.
        await self.look_for_messages(list(self.rooms))

    def rename(self, socket, user):
        """Take over a person's new name, and reread messages that have the old one."""
        if socket.user.get_username() != user.get_username():
            self.forget_names()
        socket.user = user

    def forget_names(self):
        """Have each room read again what was said, with the names of now."""
        for room in self.rooms.values():
            room.must_begin = True
