"""Publishes each new notification, after its transaction has been committed."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from notifications.groups import group_of
from notifications.models import Notification


@receiver(post_save, sender=Notification)
def publish_later(instance, created, **kwargs):
    """Publish a new notification once it is committed; never if it is rolled back."""
    if created:
        # post_save runs inside the transaction. Published here, the event could arrive
        # before the row exists for others, or for a row that never will.
        # robust: if Redis is down, Django logs the error, and the request still succeeds.
        # Not functools.partial: Django 5.2 cannot log its error (ticket 36487).
        transaction.on_commit(lambda: publish(instance), robust=True)


def publish(notification):
    """Send the notification to every socket of its recipient."""
    layer = get_channel_layer()
    event = {"type": "notification", "notification": notification.as_json()}
    # Django's views, signals and commands are synchronous; a channel layer is not.
    async_to_sync(layer.group_send)(group_of(notification.recipient_id), event)
