"""Links into private rooms."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from chat.models.room import Room

INVITES_LAST = timedelta(days=2)


class Invite(models.Model):
    """A link into a room that one person can use once."""

    room = models.ForeignKey(Room, models.CASCADE)
    # A hash, because a stolen backup must not open any room.
    token_hash = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    # An invite ends with the account, or the membership, of the person who made it.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", null=True
    )
    # When it was used. An empty `claimed_by` wouldn't do: it becomes empty again when the
    # account is deleted, and the invite could be used again.
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True
    )

    def __str__(self):
        return f"Invite to {self.room}"

    @classmethod
    def make(cls, room, user):
        """Make an invite for a member; return its token, which isn't stored."""
        token = secrets.token_urlsafe(24)
        cls.objects.create(
            room=room,
            made_by=user,
            token_hash=hash_of(token),
            expires=timezone.now() + INVITES_LAST,
        )
        return token

    @classmethod
    def unused_of(cls, user):
        """Return how many valid, unused invites a person has made."""
        mine = cls.objects.filter(made_by=user, claimed_at=None)
        return mine.filter(expires__gt=timezone.now()).count()

    def has_ended(self):
        """Return whether the person who made it can no longer invite people.

        Otherwise people who were removed could return with their own invites. Old invites
        have no `made_by`, but they expire within two days.
        """
        if self.made_by is None:
            return False
        return not (self.made_by.is_active and self.room.members.contains(self.made_by))

    @classmethod
    @transaction.atomic
    def claim(cls, token, user):
        """Make a person a member and return the room; None if the invite isn't valid.

        It's None for every reason, so that a stranger learns nothing by trying.
        """
        alive = cls.objects.filter(expires__gt=timezone.now())
        invites = alive.filter(token_hash=hash_of(token))
        invite = invites.first()
        if invite is None:
            return None
        # Lock the room: of two people who claim at the same moment, one must wait.
        rooms = Room.objects.select_for_update(no_key=True)
        room = rooms.filter(pk=invite.room_id).first()
        if room is None:  # its last member has just left
            return None
        if room.members.contains(user):
            return room  # an unused invite stays valid for someone else
        invite.room = room
        if room.is_full() or invite.has_ended():
            return None
        unused = invites.filter(claimed_at=None)
        if unused.update(claimed_by=user, claimed_at=timezone.now()):
            room.members.add(user)
            return room
        return None


def hash_of(token):
    """Return the hash of a token, which needs no salt because it's long and random."""
    return hashlib.sha256(token.encode()).hexdigest()
