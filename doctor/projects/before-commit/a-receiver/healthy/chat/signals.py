from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from chat.models import Message


@receiver(post_save, sender=Message)
def announce(sender, instance, created, **kwargs):
    if created:
        layer = get_channel_layer()
        event = {"type": "chat.message", "text": instance.text}
        group_name = f"room.{instance.room_id}"
        transaction.on_commit(
            lambda: async_to_sync(layer.group_send)(group_name, event)
        )
