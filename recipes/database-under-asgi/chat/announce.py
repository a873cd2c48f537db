"""Announce a new message to the group "messages", from a post_save signal."""

from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction


def announce(pk):
    """Send an event with the id of a message. Consumers then read it."""
    event = {"type": "message.stored", "id": pk}
    async_to_sync(get_channel_layer().group_send)("messages", event)


def too_early(sender, instance, created, **kwargs):
    """Wrong: within a transaction, no other connection can see the row yet."""
    if created:
        announce(instance.pk)


def after_commit(sender, instance, created, **kwargs):
    """Right: announce it when everyone can see it, and not at all after a rollback."""
    if created:
        transaction.on_commit(partial(announce, instance.pk))
