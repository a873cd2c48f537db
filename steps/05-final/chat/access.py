"""Who may stay: open sockets react to a logout, a ban, a new password, a lost room.

A socket is authenticated once, when it opens, and would keep that session for as long
as it stays open. So each has a permit, which is checked against the database before
each of its messages is stored, when a change is announced, and from time to time,
because the channel layer may lose an announcement.
"""

import asyncio
import hashlib
import logging
from types import SimpleNamespace
from typing import NamedTuple

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user, get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import (
    m2m_changed,
    post_delete,
    post_save,
    pre_delete,
    pre_save,
)
from django.dispatch import receiver
from django.utils import timezone

from chat.groups import EVERYBODY
from chat.models import Message, Room
from chat.protocol import Close

# Seconds that a logout, or another change of access, waits for the channel layer. If the
# layer loses the change, the next check of the database finds it.
LAYER_PATIENCE = 0.5

log = logging.getLogger(__name__)


class Pass(NamedTuple):
    """What a socket was let in with: the person, the session and the room."""

    user_pk: int
    session_key: str
    # Made from the hash of the password: it changes when the password does.
    session_hash: str
    room_pk: int


def let_in(session_key, room_name):
    """Return the person and the permit of a socket that is being opened.

    The person is None if nobody is logged in with this session; the permit is None if
    there is no such room, or not for this person.
    """
    session = SessionStore(session_key)
    user = get_user(SimpleNamespace(session=session))
    if not user.is_authenticated:
        return None, None
    room = Room.open_to(user).at(room_name).first()
    return user, room and pass_of(user, session, room)


def pass_of(user, session, room):
    """Return the permit of a person in a room."""
    return Pass(user.pk, session.session_key, session[HASH_SESSION_KEY], room.pk)


def refusals(permits, rooms=None):
    """Return a close code for each permit that is no longer valid, and the people.

    `rooms` are those of the permits, by key, if the caller has them already. The number
    of queries doesn't depend on the number of permits.
    """
    if rooms is None:
        rooms = Room.objects.in_bulk({permit.room_pk for permit in permits})
    user_pks = {permit.user_pk for permit in permits}
    people = get_user_model().objects.filter(pk__in=user_pks, is_active=True)
    people = {user.pk: user for user in people}
    hashes = {user.pk: user.get_session_auth_hash() for user in people.values()}
    sessions = Session.objects.filter(
        pk__in={permit.session_key for permit in permits},
        expire_date__gt=timezone.now(),
    )
    sessions = set(sessions.values_list("pk", flat=True))
    closed = [pk for pk, room in rooms.items() if room.kind != Room.Kind.OPEN]
    members = set()
    if closed:
        found = Room.members.through.objects.filter(
            room_id__in=closed, user_id__in=user_pks
        )
        members = set(found.values_list("room_id", "user_id"))

    refused = {}
    for permit in permits:
        user_pk, session_key, session_hash, room_pk = permit
        if session_key not in sessions or hashes.get(user_pk) != session_hash:
            refused[permit] = Close.LOGGED_OUT
        elif room_pk not in rooms:
            refused[permit] = Close.NOT_FOUND
        elif room_pk in closed and (room_pk, user_pk) not in members:
            refused[permit] = Close.FORBIDDEN
    return refused, people


def mark_of(session_key):
    """Return what processes call a session: Redis must not learn its key."""
    return session_key and hashlib.sha256(session_key.encode()).hexdigest()


# ---- Announcing changes ---------------------------------------------------------


@receiver(user_logged_out)
def tell_of_logout(request, user, **signal):
    """Somebody logs out: the sockets of that browser must close."""
    if user is not None:
        # The session is about to be deleted, and will be gone when they check.
        tell(user=user.pk, ended=mark_of(request.session.session_key))


@receiver(user_logged_in)
def tell_of_login(request, user, **signal):
    """Somebody logs in over another session, perhaps another person's: that one ends.

    Django has replaced it by now, but the cookie of the request still names it.
    """
    if former := request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        tell(ended=mark_of(former))


@receiver(pre_save, sender=get_user_model())
def note_new_name(instance, update_fields=None, **signal):
    """Note whether somebody is renamed: processes show what was said with names."""
    instance.is_renamed = False
    if instance.pk and (update_fields is None or "username" in update_fields):
        accounts = get_user_model().objects.filter(pk=instance.pk)
        former = accounts.values_list("username", flat=True).first()
        instance.is_renamed = former not in {None, instance.get_username()}


@receiver([post_save, post_delete], sender=get_user_model())
def tell_of_account(instance, update_fields=None, **signal):
    """An account was changed: a ban, a new password, or something harmless."""
    # Each login stores its time in the account, and nobody's access depends on that.
    if update_fields is None or set(update_fields) != {"last_login"}:
        renamed = {"renamed": True} if getattr(instance, "is_renamed", False) else {}
        tell(user=instance.pk, **renamed)


@receiver(pre_delete, sender=get_user_model())
def forget_what_they_said(instance, **signal):
    """An account is deleted with its messages: pages and processes must forget them."""
    Room.renew_epochs(Room.objects.filter(message__sender=instance))


@receiver(pre_delete, sender=Message)
def forget_message(instance, origin, **signal):
    """Messages are deleted on their own, not with their sender or their room."""
    if origin is not instance and getattr(origin, "model", None) is not Message:
        return
    # Called for each message of a query, but once for each room is enough.
    rooms = origin.__dict__.setdefault("rooms_that_forget", set())
    if instance.room_id not in rooms:
        rooms.add(instance.room_id)
        Room.renew_epochs(Room.objects.filter(pk=instance.room_id))
        tell(room=instance.room_id)


@receiver([post_save, post_delete], sender=Room)
def tell_of_room(instance, update_fields=None, **signal):
    """A room was changed or deleted."""
    if update_fields is None or "last_seq" not in update_fields:
        tell(room=instance.pk)


@receiver(m2m_changed, sender=Room.members.through)
def tell_of_members(instance, action, reverse, pk_set, **signal):
    """Somebody has lost a room."""
    if action not in {"post_remove", "pre_clear"}:
        return
    if not reverse:
        tell(room=instance.pk)
    elif action == "post_remove":
        for room_pk in pk_set:
            tell(room=room_pk)
    else:
        tell(user=instance.pk)


def tell(**whom):
    """Have every process check its sockets, as soon as the change is committed."""
    event = {"type": "look", **whom}

    async def send():
        try:
            async with asyncio.timeout(LAYER_PATIENCE):
                await get_channel_layer().group_send(EVERYBODY, event)
        except Exception as problem:
            log.warning("The layer did not carry a change of access: %r", problem)

    transaction.on_commit(async_to_sync(send))
