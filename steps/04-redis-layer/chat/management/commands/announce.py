"""`python manage.py announce ROOM TEXT`: send a message from outside the servers."""

import json
import time

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.management.base import BaseCommand, CommandError

from chat.groups import group_name
from chat.messages import BadMessage, read_message
from chat.rooms import problem_with, tidy
from chat.server import server_label


class Command(BaseCommand):
    """Runs in its own process, which has no sockets but can reach the channel layer."""

    help = "Send a message to a room, from outside the servers."

    def add_arguments(self, parser):
        """Declare the command's arguments."""
        parser.add_argument("room_name", metavar="ROOM")
        parser.add_argument("text", metavar="TEXT")

    def handle(self, *, room_name, text, **options):
        """Send the message to the group of the room."""
        room_name = tidy(room_name)
        if problem := problem_with(room_name):
            raise CommandError(f"A room cannot have this name: {problem}.")
        sent_at = int(time.time() * 1000)
        content = {"text": text, "sender": "announcement", "sent_at": sent_at}
        try:
            message = read_message(json.dumps(content))
        except BadMessage as problem:
            raise CommandError(str(problem)) from None
        message |= {"room": room_name, "server": server_label("announce")}
        event = {"type": "chat.message", "message": message}
        async_to_sync(get_channel_layer().group_send)(group_name(room_name), event)
        self.stdout.write(f"Sent to {room_name}. The layer does not say who got it.")
