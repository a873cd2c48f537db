"""`python manage.py listen`: print what the channel layer brings to this process."""

import asyncio

from channels.layers import get_channel_layer
from django.core.management.base import BaseCommand

from chat.groups import EVERYBODY, group_name
from chat.history import Batch
from chat.models import Room


class Command(BaseCommand):
    """Joins the groups of all rooms, as a server process does."""

    help = "Print the events of all rooms until Ctrl-C."

    def handle(self, **options):
        """Listen until Ctrl-C."""
        rooms = list(Room.objects.values_list("pk", flat=True))
        try:
            asyncio.run(self.listen([EVERYBODY, *map(group_name, rooms)]))
        except KeyboardInterrupt:
            pass

    async def listen(self, groups):
        """Join the groups, then print each event."""
        layer = get_channel_layer()
        channel = await layer.new_channel()
        for group in groups:
            await layer.group_add(group, channel)
        while True:
            event = await layer.receive(channel)
            count = ""
            if event["type"] == "messages":
                count = len(Batch.of_event(event).messages)
            self.stdout.write(f"{event['type']} {count}")
