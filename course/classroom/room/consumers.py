"""The sockets of a class: phones, the desk, the projector."""

import asyncio
import json
from collections import Counter
from contextlib import suppress

from autobahn.exception import Disconnected
from channels.generic.websocket import AsyncWebsocketConsumer

from course.classroom.current import this
from course.classroom.room import actions, doors
from course.classroom.room.budget import Budget
from course.classroom.room.state import Refused, room
from course.classroom.room.telling import DESK, PHONES, SCREEN, tell

MOST_PER_ADDRESS = 40  # sockets; a router can hide several people behind one address
LONGEST_FRAME = 2000  # characters
TOO_FAST = "Too fast: that was dropped. Wait a few seconds."
LOOKS = 1  # seconds between two looks at the servers' states


class Page(AsyncWebsocketConsumer):
    """A page of one group: it gets every event of that group as JSON."""

    group = ""

    async def enter(self):
        """Join the group, then complete the handshake."""
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        """Leave the group."""
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def tell(self, event):
        """Handle "tell" events: pass them to the browser."""
        await self.send_event(**event["event"])

    async def send_event(self, kind, **data):
        """Send one event to this page alone, unless the page is just leaving.

        Once the closing handshake has begun, Daphne raises Disconnected. If that ended the
        consumer, disconnect() would never run, and the person would stay in the list.
        """
        with suppress(Disconnected):
            await self.send(json.dumps({"kind": kind, **data}))

    async def receive(self, text_data=None, bytes_data=None):
        """Do what a frame asks for; an answer says what went wrong."""
        try:
            await self.do(read(text_data))
        except Refused as problem:
            await self.send_event("problem", text=str(problem))

    async def do(self, asked):
        """Do one thing; `asked` has a `do` and what belongs to it."""
        raise Refused("This page only listens.")


class PhoneConsumer(Page):
    """A phone or laptop in the room: a name and votes."""

    group = PHONES
    at_address = Counter()  # sockets of all phones, by where they come from

    async def connect(self):
        """Let a page of ours in, unless its machine has too many already."""
        self.key = None
        self.budget = Budget(rate=2, burst=12)
        self.was_told = False
        self.home = self.scope["client"][0]
        self.is_counted = comes_from_our_page(self.scope)
        if not self.is_counted:
            await self.close()
            return
        self.at_address[self.home] += 1
        if self.at_address[self.home] > MOST_PER_ADDRESS:
            await self.accept()
            text = "Too many pages are open on this device. Close some of them."
            await self.send_event("problem", text=text)
            await self.close(4429)
            return
        await self.enter()
        await self.send_event("room", **for_phones())
        await self.send_event("vote", **vote_for(None))

    async def disconnect(self, code):
        """Note that the page is gone."""
        await super().disconnect(code)
        if self.is_counted:
            self.at_address[self.home] -= 1
        room.leave(self.channel_name)
        await people_changed()

    async def do(self, asked):
        """Join, or vote, within the budget."""
        if not self.budget.spend():
            if not self.was_told:  # once, not for each of thousands
                self.was_told = True
                raise Refused(TOO_FAST)
            return
        self.was_told = False
        if asked["do"] == "hello":  # a phone that has slept doubts its socket
            await self.send_event("hello")
        elif asked["do"] == "join":
            await self.join(asked)
        elif asked["do"] == "vote":
            room.choose(self.key, asked.get("choice"))
            await self.send_event("vote", **vote_for(self.key))
            await votes_changed()
        else:
            raise Refused("There is no such thing to do.")

    async def join(self, asked):
        """Take the name that was typed."""
        key = asked.get("key")
        if not isinstance(key, str) or not 16 <= len(key) <= 64:
            raise Refused("This page is too old. Reload it.")
        if self.key not in (None, key):
            raise Refused("One person for each page, please.")
        person = room.join(key, asked.get("name"), self.channel_name)
        self.key = key
        await self.send_event("you", name=person.name)
        await self.send_event("vote", **vote_for(key))
        await people_changed()


class InstructorsPage(Page):
    """A page that asks for the token."""

    async def connect(self):
        """Let the instructor in, and nobody else."""
        self.watch = None
        if not doors.is_instructor(self.scope):
            await self.close()
            return
        await self.enter()
        await self.send_event("room", **for_desk())
        await self.send_event("votes", **votes_for_screen())

    async def do(self, asked):
        """Do it in the background, so that the next button works meanwhile."""
        if asked["do"] == "hello":
            await self.send_event("hello")
            return
        asyncio.ensure_future(self.carry_out(asked))

    async def carry_out(self, asked):
        """Do what a button says; tell how it went."""
        try:
            text = await actions.do(asked)
        except Refused as problem:
            await self.send_event("problem", text=str(problem))
        else:
            await self.send_event("done", text=text or "")


class DeskConsumer(InstructorsPage):
    """The desk: its buttons, and the states of all servers."""

    group = DESK

    async def connect(self):
        """Show the states from now on."""
        await super().connect()
        if doors.is_instructor(self.scope):
            self.watch = asyncio.ensure_future(self.keep_showing())

    async def disconnect(self, code):
        """Stop showing them."""
        if self.watch:
            self.watch.cancel()
        await super().disconnect(code)

    async def keep_showing(self):
        """Send the states of the servers whenever they have changed."""
        before = None
        while True:
            units = this.fleet.state() if this.fleet else []
            if units != before:
                await self.send_event("units", units=units)
                before = units
            await asyncio.sleep(LOOKS)


class ScreenConsumer(InstructorsPage):
    """The projector: it draws what it is told, and has the keys of the desk."""

    group = SCREEN

    async def connect(self):
        """Show what every other page of the projector shows."""
        from course.classroom.screens.projector import projector

        await super().connect()
        if doors.is_instructor(self.scope):
            await self.send_event(**projector.current().snapshot(), is_first=True)


class Nowhere(AsyncWebsocketConsumer):
    """What has no address here is refused before the handshake."""

    async def connect(self):
        await self.close()


def read(text):
    """Return what a frame asks for, a dict with a text `do`."""
    if text is None or len(text) > LONGEST_FRAME:
        raise Refused("This frame is too long, or not a text.")
    asked = None
    with suppress(ValueError, RecursionError):
        asked = json.loads(text)
    if not isinstance(asked, dict) or not isinstance(asked.get("do"), str):
        raise Refused("This frame asks for nothing.")
    return asked


def comes_from_our_page(scope):
    """Tell whether a handshake was made by the page of this very address."""
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin1")
    origin = headers.get(b"origin", b"").decode("latin1")
    return origin == f"http://{host}" and host.rpartition(":")[0] in {
        this.address,
        "127.0.0.1",
        "localhost",
    }


# ---- What each page is told


def for_phones():
    """Return who is here, as phones see it."""
    return {"people": [person.shown for person in room.here()]}


def for_desk():
    """Return who is here, as the desk sees it, and the projector."""
    return {
        "people": [
            {
                "number": person.number,
                "name": person.name,
                "shown": person.shown,
                "hidden": person.is_hidden,
            }
            for person in room.here()
        ]
    }


def vote_for(key):
    """Return the open vote for one phone, with the choice that it made."""
    vote = room.vote
    if vote is None or not vote.is_open:
        return {"question": None}
    return {
        "question": vote.question,
        "choices": vote.choices,
        "mine": vote.given.get(key),
    }


def votes_for_screen():
    """Return the vote with its counts."""
    vote = room.vote
    if vote is None:
        return {"question": None}
    return {
        "question": vote.question,
        "choices": vote.choices,
        "counts": vote.counts,
        "open": vote.is_open,
    }


async def people_changed():
    """Tell every page who is here."""
    await tell(PHONES, "room", **for_phones())
    for group in (DESK, SCREEN):
        await tell(group, "room", **for_desk())


async def votes_changed():
    """Tell the desk and the projector how many chose what."""
    for group in (DESK, SCREEN):
        await tell(group, "votes", **votes_for_screen())


async def vote_opened_or_closed():
    """Tell the phones too."""
    # Each phone asks for nothing: its own choice is none at the start of a vote.
    await tell(PHONES, "vote", **vote_for(None))
    await votes_changed()
