"""Anything can happen, in any order: Hypothesis makes up the scenes.

Two people in a room, each with a page that keeps to the rules of the client. Lines are
cut, messages are sent again, another process stores messages of which the layer brings
the news late, twice or never. In the end both pages show what the database holds.
"""

import asyncio
import random
import uuid

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from chat import storing, watch
from chat.access import permit_for
from chat.groups import group_name
from chat.hub import hubs, this_hub
from chat.models import Message, Room

pytestmark = pytest.mark.django_db(transaction=True)

names = st.sampled_from(["ana", "bia"])


class Page:
    """A page: what it shows, and what it hasn't delivered yet."""

    def __init__(self, name):
        self.name = name
        self.socket = None
        self.log = []
        self.last = self.epoch = None
        self.outbox = {}

    async def open(self, join, room_name):
        """Connect, and send again what isn't confirmed."""
        place = {} if self.last is None else {"after": self.last, "epoch": self.epoch}
        self.socket = await join(room_name, self.name, **place)
        self.take(await self.socket.wait_for("sync"))
        for cid, text in self.outbox.items():
            await self.socket.say(text, cid=cid)

    async def cut(self):
        """Lose the connection without a close."""
        if self.socket:
            await self.socket.disconnect()
            self.socket = None

    async def say(self, text):
        """Send something, or keep it until the page is connected."""
        cid = str(uuid.uuid4())
        self.outbox[cid] = text
        if self.socket:
            await self.socket.say(text, cid=cid)

    async def shows(self, last):
        """Wait until the page shows all messages up to one, and its own are confirmed."""
        while self.outbox or self.last < last:
            self.take(await self.socket.next_frame())

    def take(self, frame):
        """Handle a frame as a page does."""
        if frame["type"] == "sent":
            self.outbox.pop(frame["cid"], None)
        if frame["type"] == "sync":
            self.epoch = frame.get("epoch") or self.epoch
            if frame["reset"]:
                self.log, self.last = [], 0
        for message in frame.get("messages", [frame]):
            if "text" in message and message["seq"] > self.last:
                assert message["seq"] == self.last + 1, "a message is missing"
                self.last = message["seq"]
                self.log.append(message["text"])


def test_both_pages_show_what_the_database_holds(join_sync, people, monkeypatch):
    loop, join = join_sync
    monkeypatch.setattr(watch, "CHECK_EVERY", 3600)  # only when a scene says so
    rooms = iter(range(10_000))

    class Chat(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.room = Room.objects.create(name=f"room {next(rooms)}")
            self.pages = {name: Page(name) for name in ("ana", "bia")}
            self.late = []
            self.said = 0

        @rule(name=names)
        def a_connection_drops(self, name):
            loop.run_until_complete(self.pages[name].cut())

        @rule(name=names)
        def a_page_reconnects(self, name):
            page = self.pages[name]
            if not page.socket:
                loop.run_until_complete(page.open(join, self.room.name))

        @rule(name=names)
        def somebody_says_something(self, name):
            loop.run_until_complete(self.pages[name].say(self.next_text()))

        @rule(name=names)
        def somebody_sends_again(self, name):
            page = self.pages[name]
            if page.socket:
                for cid, text in page.outbox.items():
                    loop.run_until_complete(page.socket.say(text, cid=cid))

        @rule(fate=st.sampled_from(["told", "twice", "late", "lost"]))
        def another_process_stores_something(self, fate):
            event = self.store_elsewhere()
            if fate == "late":
                self.late.append(event)
            for _ in range({"told": 1, "twice": 2}.get(fate, 0)):
                self.tell(event)

        @rule(chance=st.randoms())
        def the_layer_delivers_a_late_event(self, chance):
            chance.shuffle(self.late)
            while self.late:
                self.tell(self.late.pop())

        @rule()
        def the_process_checks_the_database(self):
            if hub := hubs.get(loop):
                loop.run_until_complete(hub.watch.check_all())

        def next_text(self):
            self.said += 1
            return f"message {self.said}"

        def store_elsewhere(self):
            session = people["caio"].session
            permit = permit_for(session.session_key, session, self.room)
            text = self.next_text()
            draft = storing.Draft(None, permit, text, None, None, "elsewhere")
            storing.store([draft])
            (batch,) = storing.batches_of([draft])
            return batch.as_event()

        def tell(self, event):
            send = get_channel_layer().group_send
            loop.run_until_complete(send(group_name(self.room.pk), event))

        def teardown(self):
            loop.run_until_complete(self.end())
            texts = list(Message.objects.filter(room=self.room).order_by("seq"))
            texts = [message.text for message in texts]
            assert len(texts) == len(set(texts)) == self.said
            for page in self.pages.values():
                assert page.log == texts

        async def end(self):
            for page in self.pages.values():
                if not page.socket:
                    await page.open(join, self.room.name)
            await this_hub().watch.check_all()
            while any(page.outbox for page in self.pages.values()):
                for page in self.pages.values():
                    await page.shows(page.last)
            last = await sync_to_async(
                lambda: Room.objects.get(pk=self.room.pk).last_seq
            )()
            await this_hub().watch.check_all()
            for page in self.pages.values():
                await page.shows(last)
                await page.cut()

    random.seed(0)
    run_state_machine_as_test(
        Chat,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def join_sync(request, monkeypatch, settings, people):
    """An event loop of our own, because Hypothesis has none, and `join` in it."""
    from tests.conftest import joining

    loop = asyncio.new_event_loop()
    monkeypatch.setattr("chat.limits.RATE", 10_000)
    monkeypatch.setattr("chat.limits.BURST", 10_000)
    doors = joining(settings, people)
    join = loop.run_until_complete(doors.__aenter__())
    yield loop, join
    loop.run_until_complete(doors.__aexit__(None, None, None))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
