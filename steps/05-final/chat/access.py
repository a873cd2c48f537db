"""Who may stay: open sockets learn of a logout, a ban, a new password, a lost room.

A socket is let in once, with the session of that moment, and would keep it for as long
as it is open. So those changes are told to the sockets of that person, over the
channel layer; and since the layer may lose what it carries, every socket also looks
again from time to time (ChatConsumer.keep_watch).
"""

from types import SimpleNamespace

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth import aget_user, get_user_model
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver

from chat.groups import group_of_user
from chat.models import Room


async def user_of(session_key):
    """Return whose session it is now, as the database says; perhaps nobody's.

    Ends the session of a password that has been changed since.
    """
    return await aget_user(SimpleNamespace(session=SessionStore(session_key)))


@receiver(user_logged_out)
def tell_of_logout(request, user, **signal):
    """Somebody logs out: the sockets of that browser must go."""
    if user is not None:
        tell(user, session_key=request.session.session_key)


@receiver([post_save, post_delete], sender=get_user_model())
def tell_of_change(instance, **signal):
    """An account was changed: a ban, a new password, or nothing that matters here."""
    tell(instance)


@receiver(m2m_changed, sender=Room.members.through)
def tell_of_membership(instance, action, reverse, pk_set, **signal):
    """Somebody has lost a room: the sockets there must go."""
    if action == "post_remove":
        users = get_user_model().objects.filter(pk__in=pk_set)
        for user in [instance] if reverse else users:
            tell(user)


def tell(user, session_key=None):
    """Have the sockets of a person look again, once the change is in the database.

    With `session_key`, those of that session go without a look: it is about to end.
    """
    event = {"type": "access.changed", "ended": session_key}
    layer = get_channel_layer()
    group = group_of_user(user)
    transaction.on_commit(
        lambda: async_to_sync(layer.group_send)(group, event), robust=True
    )
