"""Does the channel layer work? A PING to Redis can't tell: this does what a room does."""

import asyncio
from uuid import uuid4

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.management.base import BaseCommand, CommandError

LONGEST_WAIT = 5  # seconds for each operation


class Command(BaseCommand):
    """Send one event through the channel layer, to a group that only we are in."""

    help = __doc__

    def handle(self, **options):
        """Print that it arrived; fail with the operation that didn't work."""
        async_to_sync(round_trip)()
        self.stdout.write("The channel layer works: the event arrived.")


async def round_trip():
    """Do each operation of a consumer once."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    group = f"try-{uuid4()}"
    await attempt("group_add", layer.group_add(group, channel))
    event = {"type": "try.layer"}
    await attempt("group_send", layer.group_send(group, event))
    await attempt("receive", layer.receive(channel))
    await attempt("group_discard", layer.group_discard(group, channel))


async def attempt(name, operation):
    """Await an operation of the layer; name it in the error."""
    try:
        await asyncio.wait_for(operation, LONGEST_WAIT)
    except Exception as problem:
        kind = type(problem).__name__
        raise CommandError(f"{name} failed: {kind}: {problem}") from problem
