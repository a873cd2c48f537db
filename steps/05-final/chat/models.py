"""What the chat stores."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import models, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from chat import frames

INVITES_LAST = timedelta(days=2)

# Random characters that make the slug of a private room unique and hard to guess.
SLUG_SUFFIX = 8


class RoomQuerySet(models.QuerySet):
    """Rooms, found by what somebody typed or sent."""

    def at(self, slug):
        """Return the room with this slug, if there is one.

        The slug comes from a URL, so it may be anything: PostgreSQL refuses a query with
        a NUL, and every database refuses half of a surrogate pair.
        """
        return self.filter(slug=slug) if is_storable(slug) else self.none()

    def named(self, name):
        """Return the rooms with this name: private rooms may share one."""
        return self.filter(name=name) if is_storable(name) else self.none()


def is_storable(text):
    """Return whether every database can store this text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


class Room(models.Model):
    """A room, and who may enter it.

    Storing messages increases `last_seq`, under a lock on the row. Every other `save()`
    leaves it and `epoch` alone: the instance may have been loaded before the last message
    was stored, and writing its old number back would make the next message fail, because
    that number is taken.
    """

    # Written only by queries that name them, never by a plain `save()`.
    COUNTED = frozenset({"last_seq", "epoch"})

    class Kind(models.TextChoices):
        """Who may enter: everybody, those with the password, or those invited."""

        OPEN = "open", _("open to all")
        PASSWORD = "password", _("with a password")
        PRIVATE = "private", _("by invitation")
        TWO = "two", _("for two, by invitation")

    # Unique among the rooms that everybody sees. If a private room's name were taken
    # for others, trying to take it would reveal that the room exists.
    name = models.CharField(max_length=100)
    # The room's part of its URL. It stays when the room is renamed, so that links and
    # open pages keep working.
    slug = models.CharField(max_length=120, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OPEN)
    # Hashed, like the password of an account.
    password_hash = models.CharField(max_length=128, blank=True, editable=False)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)
    # Counted, so that nobody can make rooms without end.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    # The number of the newest message.
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    # Names the history that the numbers belong to. It changes when a backup is restored
    # or messages are deleted: what processes and pages know is then wrong, so they must
    # start over.
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(kind__in=["open", "password"]),
                name="one_listed_room_of_each_name",
                violation_error_message=_("A room with this name already exists."),
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, update_fields=None, **options):
        """Store the room; of an existing one, leave the counted fields alone."""
        if not self.slug:
            self.slug = self.new_slug()
        if update_fields is None and not self._state.adding:
            fields = {field.name for field in self._meta.concrete_fields}
            update_fields = fields - self.COUNTED - {self._meta.pk.name}
        super().save(*args, update_fields=update_fields, **options)

    def get_absolute_url(self):
        """Return the URL of the room's page."""
        return reverse("room", args=[self.slug])

    def new_slug(self):
        """Return a slug: the name if everybody may know it, else one with a suffix."""
        public = self.kind in {self.Kind.OPEN, self.Kind.PASSWORD}
        if public and not Room.objects.at(self.name).exists():
            return self.name
        return f"{self.name}-{get_random_string(SLUG_SUFFIX).lower()}"

    @classmethod
    def listed_for(cls, user):
        """Return the rooms whose existence a person may know of."""
        public = models.Q(kind__in=[cls.Kind.OPEN, cls.Kind.PASSWORD])
        return cls.objects.filter(public | models.Q(members=user)).distinct()

    @classmethod
    def open_to(cls, user):
        """Return the rooms that a person may enter now; pages and sockets both use it."""
        is_open = models.Q(kind=cls.Kind.OPEN)
        return cls.objects.filter(is_open | models.Q(members=user)).distinct()

    @classmethod
    def renew_epochs(cls, rooms=None):
        """Give rooms (by default, all of them) a new history id; return how many.

        Call it when the past changes: a backup was restored, messages were deleted. Each
        process and page starts over when it sees the new id.
        """
        rooms = cls.objects.all() if rooms is None else rooms
        return cls.objects.filter(pk__in=rooms.values("pk")).update(epoch=uuid.uuid4())

    def is_password(self, typed):
        """Return whether this is the password of the room."""
        return self.kind == self.Kind.PASSWORD and check_password(
            typed, self.password_hash
        )

    def is_full(self):
        """Return whether nobody else can join."""
        return self.kind == self.Kind.TWO and self.members.count() >= 2


class Invite(models.Model):
    """A link into a room that one person can use once."""

    room = models.ForeignKey(Room, models.CASCADE)
    # A hash, so that nobody can enter with what is in the database or a backup.
    token_hash = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    # An invite ends with the account, or the membership, of the person who made it.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", null=True
    )
    # When it was used. Not "claimed_by is empty": that becomes empty again when the
    # account is deleted, and the invite could then be used again.
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True
    )

    def __str__(self):
        return f"Invite to {self.room}"

    @classmethod
    def make(cls, room, user):
        """Make an invite of a member; return its token, which isn't stored."""
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
        """Return whether the person who made it can no longer invite anybody.

        Otherwise people who are removed could come back with their own invites. Invites
        from before this was stored have no `made_by`; they expire within two days.
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
        invites = cls.objects.filter(
            token_hash=hash_of(token), expires__gt=timezone.now()
        )
        invite = invites.first()
        if invite is None:
            return None
        # Lock the room: of two people who claim at the same moment, one must wait.
        room = Room.objects.select_for_update(no_key=True).get(pk=invite.room_id)
        if room.members.contains(user):
            return room  # an unused invite stays valid for somebody else
        invite.room = room
        if room.is_full() or invite.has_ended():
            return None
        unused = invites.filter(claimed_at=None)
        if not unused.update(claimed_by=user, claimed_at=timezone.now()):
            return None
        room.members.add(user)
        return room


def hash_of(token):
    """Return the hash of a token. It needs no salt, because it is long and random."""
    return hashlib.sha256(token.encode()).hexdigest()


class Message(models.Model):
    """One message in a room.

    `seq` numbers the messages of a room without a gap, in the order in which they
    become visible: a page that has 7 and gets 9 knows that 8 is missing. The id can't
    do that: on PostgreSQL, id 2 can be committed before id 1.
    """

    room = models.ForeignKey(Room, models.CASCADE)
    seq = models.PositiveBigIntegerField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    # The client's key. A client that sends again, because it doesn't know whether the
    # message arrived, uses the same one.
    cid = models.UUIDField(null=True)
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    # Milliseconds since 1970 on the sender's clock; None if the client didn't say.
    sent_at = models.BigIntegerField(null=True)
    # The server process that took the message.
    server = models.TextField()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_of_each_seq"),
            models.UniqueConstraint(
                fields=["room", "sender", "cid"], name="one_of_each_cid"
            ),
        ]

    def __str__(self):
        # Without the text: the admin shows this when it lists related objects.
        return f"Message {self.seq}"

    def as_frame(self):
        """Return the message as it goes over the wire."""
        return frames.Message(
            seq=self.seq,
            cid=self.cid,
            room=self.room.name,
            sender=self.sender.get_username(),
            text=self.text,
            at=int(self.at.timestamp() * 1000),
            sent_at=self.sent_at,
            server=self.server,
        )


class Presence(models.Model):
    """A person is in a room, on one server process, as of `seen`.

    It's in the database because every process and the lobby need it, and it has a time
    because a process that is killed can't delete it. The time is the database's: the
    clocks of two servers differ, and each would delete the other's rows.
    """

    room = models.ForeignKey(Room, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    process = models.UUIDField()
    seen = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["room", "user", "process"], name="once_per_process"
            ),
        ]

    def __str__(self):
        return f"{self.user} in {self.room}"
