"""Publishing changes of access: a logout, a ban, a new password, a lost membership.

Django's signals report each change to the process that makes it. From there an event
goes to every server process, which checks its sockets (chat/watch.py).
"""

import asyncio
import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models.signals import (
    m2m_changed,
    post_delete,
    post_save,
    pre_delete,
    pre_save,
)
from django.dispatch import receiver

from chat.access import mark_of, recent_checks
from chat.groups import EVERYBODY
from chat.models import Message, Room

# Seconds that a request waits for the channel layer. If the layer loses the event, the
# next periodic check finds the change in the database.
LAYER_TIMEOUT = 0.5

log = logging.getLogger(__name__)


def publish(**whom):
    """Have every process check its sockets, once the change is committed.

    `user` or `room` (primary keys) limit the check to their sockets. `ended` names a
    session that no longer exists (access.mark_of). A failing layer is only logged.
    """
    event = {"type": "check", **whom}

    async def send():
        recent_checks.forget()
        try:
            async with asyncio.timeout(LAYER_TIMEOUT):
                await get_channel_layer().group_send(EVERYBODY, event)
        except Exception as problem:
            log.warning(
                "The channel layer did not accept a change of access: %r", problem
            )

    transaction.on_commit(async_to_sync(send))


@receiver(user_logged_out)
def publish_logout(request, user, **signal):
    """Disconnect the sockets of the browser that logs out."""
    if user is not None:
        # Django deletes the session only after this signal, so a check would still find
        # it. The event names it as ended instead.
        publish(user=user.pk, ended=mark_of(request.session.session_key))


@receiver(user_logged_in)
def publish_login(request, user, **signal):
    """Disconnect the sockets of the session that this login replaces.

    It may be another person's. Django has replaced the session by now, but the cookie of
    the request still names it.
    """
    if former := request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        publish(ended=mark_of(former))


@receiver(pre_save, sender=get_user_model())
def note_new_name(instance, update_fields=None, **signal):
    """Note whether an account gets a new name: processes keep names with messages."""
    instance.is_renamed = False
    if instance.pk and (update_fields is None or "username" in update_fields):
        accounts = get_user_model().objects.filter(pk=instance.pk)
        former = accounts.values_list("username", flat=True).first()
        instance.is_renamed = former not in {None, instance.get_username()}


@receiver([post_save, post_delete], sender=get_user_model())
def publish_account(instance, update_fields=None, **signal):
    """Publish a change of an account: a ban, a new password, or something harmless."""
    # Each login stores its time in the account, and access doesn't depend on that.
    if update_fields is None or set(update_fields) != {"last_login"}:
        renamed = {"renamed": True} if getattr(instance, "is_renamed", False) else {}
        publish(user=instance.pk, **renamed)


@receiver(pre_delete, sender=get_user_model())
def forget_messages_of(instance, **signal):
    """Have pages and processes forget the messages that are deleted with an account."""
    Room.renew_epochs(Room.objects.filter(message__sender=instance))


@receiver(pre_delete, sender=Message)
def forget_message(instance, origin, **signal):
    """Have pages forget messages that are deleted without their sender or room."""
    if origin is not instance and getattr(origin, "model", None) is not Message:
        return
    # The signal comes for each message of a query, but once for each room is enough.
    rooms = origin.__dict__.setdefault("rooms_that_forget", set())
    if instance.room_id not in rooms:
        rooms.add(instance.room_id)
        Room.renew_epochs(Room.objects.filter(pk=instance.room_id))
        publish(room=instance.room_id)


@receiver([post_save, post_delete], sender=Room)
def publish_room(instance, update_fields=None, **signal):
    """Publish that a room was changed or deleted."""
    if update_fields is None or "last_seq" not in update_fields:
        publish(room=instance.pk)


@receiver(m2m_changed, sender=Room.members.through)
def publish_members(instance, action, reverse, pk_set, **signal):
    """Publish that people have lost their membership of a room."""
    if action not in {"post_remove", "pre_clear"}:
        return
    if not reverse:
        publish(room=instance.pk)
    elif action == "post_remove":
        for room_pk in pk_set:
            publish(room=room_pk)
    else:
        publish(user=instance.pk)
