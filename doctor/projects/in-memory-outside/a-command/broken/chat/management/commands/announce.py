from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Send an announcement to everyone in the class"

    def add_arguments(self, parser):
        parser.add_argument("text")

    def handle(self, *args, text, **options):
        layer = get_channel_layer()
        event = {"type": "chat.message", "text": text}
        async_to_sync(layer.group_send)("class", event)
