"""A channel layer between the servers of one page: what Redis does, made for the page.

The specification of a channel layer:
https://channels.readthedocs.io/en/stable/channel_layer_spec.html

Each server is a Web Worker of its own, so what one keeps in memory, the others can't see.
The page that started them keeps the groups and the queues, and each server asks it, as
it would ask Redis. It is at most once, like the real ones: a queue with 100 messages
takes no more, and group_send() drops what doesn't fit, without a word.
"""

import asyncio
import contextlib
import json

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

CAPACITY = 100  # messages in one server's queue
EXPIRY = 60  # seconds that a message may wait
GROUP_EXPIRY = 86400  # seconds that a channel stays in a group

ask = None  # what carries a question to the page: ask(operation, text) → awaitable text


class PageChannelLayer(BaseChannelLayer):
    """Keeps groups and queues in the page that runs the servers."""

    extensions = ["groups", "flush"]

    def __init__(
        self, expiry=EXPIRY, group_expiry=GROUP_EXPIRY, capacity=CAPACITY, **_
    ):
        super().__init__(expiry=expiry, capacity=capacity)
        self.group_expiry = group_expiry
        self.queue = None  # the name of this server's queue
        self.waiting = {}  # the events of each channel that nobody has fetched yet
        self.pump = None

    async def do(self, operation: str, **arguments):
        """Ask the page, and return its answer."""
        return json.loads(await ask(operation, json.dumps(arguments)))

    async def new_channel(self, prefix="specific"):
        """Return a new channel name: everything up to the "!" is this server's queue."""
        if self.queue is None:  # a task, because a second channel may be made meanwhile
            self.queue = asyncio.ensure_future(self.do("new_queue", prefix=prefix))
        return await self.do("new_channel", queue=await self.queue)

    async def send(self, channel, message):
        """Put a message into a channel's queue; raise ChannelFull if 100 are waiting."""
        assert isinstance(message, dict), "message is not a dict"
        self.require_valid_channel_name(channel)
        told = {"channel": channel, "message": message, "capacity": self.capacity}
        if not await self.do("send", expiry=self.expiry, **told):
            raise ChannelFull(channel)

    async def receive(self, channel):
        """Return the next message of a channel; wait for it if there is none."""
        self.require_valid_channel_name(channel)
        queue = self.waiting.setdefault(channel, asyncio.Queue())
        if self.pump is None or self.pump.done():
            self.pump = asyncio.ensure_future(
                self.fetch(channel.partition("!")[0] + "!")
            )
        try:
            return await queue.get()
        finally:
            if queue.empty():
                self.waiting.pop(channel, None)

    async def fetch(self, queue_name):
        """Fetch this server's messages, one at a time, and sort them by channel."""
        while True:
            channel, message = await self.do("receive", queue=queue_name)
            self.waiting.setdefault(channel, asyncio.Queue()).put_nowait(message)

    async def group_add(self, group, channel):
        """Put a channel into a group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        await self.do("group_add", group=group, channel=channel)

    async def group_discard(self, group, channel):
        """Take a channel out of a group, if it's there."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        await self.do("group_discard", group=group, channel=channel)

    async def group_send(self, group, message):
        """Send a message to each channel of a group. What doesn't fit is dropped."""
        self.require_valid_group_name(group)
        told = {"group": group, "message": message, "capacity": self.capacity}
        await self.do("group_send", expiry=self.expiry, **told)

    async def flush(self):
        """Forget all groups and messages."""
        await self.do("flush")


class AloneChannelLayer(InMemoryChannelLayer):
    """Channels' in-memory layer, for a server that publishes from sync code, too.

    Channels' own group_send() starts a task for each channel, and waits for them. Sync code
    can't wait here, because it runs in the only thread (server.call_in_place).
    """

    async def group_send(self, group, message):
        """Send a message to each channel of a group. What doesn't fit is dropped."""
        self.require_valid_group_name(group)
        self._clean_expired()
        for channel in list(self.groups.get(group, ())):
            with contextlib.suppress(ChannelFull):
                await self.send(channel, message)
