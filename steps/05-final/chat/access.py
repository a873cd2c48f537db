"""Who may use a socket: permits, and how they are checked.

The handshake authenticates a socket once, and nothing in Channels checks it again. So
each socket has a permit, which is checked against the database:

- before each of its messages is stored, unless that was done less than a second ago,
- when a change of access is published (chat/changes.py),
- every 20 to 30 seconds, because the channel layer can lose what was published.

A change made in this process counts at once, one made in another process as soon as its
event arrives. Until then, or if there is no event, messages can still be stored: for at
most a second.
"""

import hashlib
import time
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.models import Session
from django.utils import timezone

from chat.models import Room
from chat.models.room import is_storable
from chat.protocol import Close

TRUSTED_FOR = 1  # seconds


class Permit(NamedTuple):
    """What one socket was opened with: the user, the session and the room."""

    user_pk: int | None  # None is never valid; it's only there to be refused
    session_key: str | None
    # An HMAC of the password hash (AbstractBaseUser.get_session_auth_hash): it changes
    # when the password does.
    session_hash: str | None
    room_pk: int | None


def authorise(handshakes):
    """Return {(session key, room slug): (user, permit)} for sockets that are opening.

    The user is None if nobody is logged in with this session. The permit is None if the
    room doesn't exist or isn't open to this user; callers can't tell which. The number of
    queries doesn't depend on the number of sockets.
    """
    rows = Session.objects.filter(pk__in={key for key, _ in handshakes} - {None})
    sessions = {row.pk: row.get_decoded() for row in rows}
    slugs = filter(is_storable, {slug for _, slug in handshakes})
    rooms = {room.slug: room for room in Room.objects.filter(slug__in=slugs)}
    permits = {
        (key, slug): permit_for(key, sessions.get(key, {}), rooms.get(slug))
        for key, slug in handshakes
    }
    by_pk = {room.pk: room for room in rooms.values()}
    refused, people = check_permits(permits.values(), by_pk)
    answers = {}
    for place, permit in permits.items():
        code = refused.get(permit)
        user = None if code == Close.LOGGED_OUT else people[permit.user_pk]
        answers[place] = user, None if code else permit
    return answers


def permit_for(session_key, session, room):
    """Return the permit to check for a session's decoded data and a room, or no room."""
    user_pk = session.get(SESSION_KEY)  # stored as text
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        user_pk = None  # the way in which they logged in is no longer accepted
    return Permit(
        user_pk and get_user_model()._meta.pk.to_python(user_pk),
        session_key,
        session.get(HASH_SESSION_KEY),
        room and room.pk,
    )


def check_permits(permits, rooms=None):
    """Return ({permit: close code} for those that aren't valid, {pk: user} for active users).

    Pass `rooms`, by primary key, if you have them already. The number of queries doesn't
    grow with the number of permits.
    """
    if rooms is None:
        rooms = Room.objects.in_bulk({permit.room_pk for permit in permits})
    user_pks = {permit.user_pk for permit in permits}
    people = get_user_model().objects.filter(pk__in=user_pks, is_active=True)
    people = {user.pk: user for user in people}
    logged_in = logged_in_among(permits, people)
    members = members_among(user_pks, rooms)
    refused = {}
    for permit in permits:
        room = rooms.get(permit.room_pk)
        if permit not in logged_in:
            refused[permit] = Close.LOGGED_OUT
        elif room is None:
            refused[permit] = Close.NOT_FOUND
        elif room.kind != Room.Kind.OPEN and (room.pk, permit.user_pk) not in members:
            refused[permit] = Close.FORBIDDEN
    return refused, people


def logged_in_among(permits, people):
    """Return the permits whose session exists and belongs to the current password."""
    sessions = Session.objects.filter(
        pk__in={permit.session_key for permit in permits},
        expire_date__gt=timezone.now(),
    )
    sessions = set(sessions.values_list("pk", flat=True))
    hashes = {user.pk: user.get_session_auth_hash() for user in people.values()}
    return {
        permit
        for permit in permits
        if permit.session_key in sessions
        # A banned or deleted user isn't among the people.
        and permit.user_pk in hashes
        and permit.session_hash == hashes[permit.user_pk]
    }


def members_among(user_pks, rooms):
    """Return {(room pk, user pk)} for the rooms that only their members may enter."""
    closed = [pk for pk, room in rooms.items() if room.kind != Room.Kind.OPEN]
    if not closed:
        return set()
    memberships = Room.members.through.objects
    found = memberships.filter(room_id__in=closed, user_id__in=user_pks)
    return set(found.values_list("room_id", "user_id"))


class RecentChecks:
    """The permits that were valid less than a second ago, with their users."""

    def __init__(self):
        self.valid = {}  # permit: (time.monotonic() of the check, user)
        self.changes = 0

    def forget(self):
        """Forget all checks, because access has changed."""
        self.changes += 1
        self.valid = {}

    def check(self, permits):
        """Like check_permits(), without asking about permits that were checked lately."""
        valid, changes, now = self.valid, self.changes, time.monotonic()
        recent = {
            permit
            for permit in permits
            if permit in valid and now - valid[permit][0] < TRUSTED_FOR
        }
        people = {permit.user_pk: valid[permit][1] for permit in recent}
        if not (unknown := permits - recent):
            return {}, people
        refused, found = check_permits(unknown)
        # Access may have changed during the check: then its result isn't kept.
        if changes == self.changes:
            news = {one: (now, found[one.user_pk]) for one in unknown - refused.keys()}
            self.valid = {
                permit: check
                for permit, check in valid.items()
                if now - check[0] < TRUSTED_FOR
            } | news
        return refused, people | found


# One for all event loops and threads of this process.
recent_checks = RecentChecks()


def mark_of(session_key):
    """Return the name that events use for a session: Redis must not learn its key."""
    return session_key and hashlib.sha256(session_key.encode()).hexdigest()
