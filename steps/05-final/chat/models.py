"""What the chat remembers."""

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
from django.utils.translation import gettext_lazy as _

from chat import protocol

INVITES_LAST = timedelta(days=2)


class Room(models.Model):
    """A room, and who may enter it.

    Whoever stores messages counts `last_seq` up, under a lock on the row. Every other
    `save()` leaves it and `epoch` alone: the instance may have been loaded before the
    last message was stored, and writing its old number back would make the next message
    fail, because that number is taken.
    """

    # Written by queries that name them; never by a plain `save()`.
    COUNTED = frozenset({"last_seq", "epoch"})

    class Kind(models.TextChoices):
        """Who may enter: everybody, whoever knows the password, whoever was invited."""

        OPEN = "open", _("open to all")
        PASSWORD = "password", _("with a password")
        PRIVATE = "private", _("by invitation")
        TWO = "two", _("for two, by invitation")

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OPEN)
    # Hashed, as the password of a person is.
    password_hash = models.CharField(max_length=128, blank=True, editable=False)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)
    # The number of the newest message.
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    # Names the history that the numbers belong to. It changes when that history does:
    # when a backup is restored or messages are deleted, the numbers start to mean
    # something else, and processes and pages that know the old ones must start over.
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def save(self, *args, update_fields=None, **options):
        """Store the room; of one that is stored already, not how far its messages are."""
        if update_fields is None and not self._state.adding:
            fields = {field.name for field in self._meta.concrete_fields}
            update_fields = fields - self.COUNTED - {self._meta.pk.name}
        super().save(*args, update_fields=update_fields, **options)

    def get_absolute_url(self):
        """Return the URL of the room's page."""
        return reverse("room", args=[self.name])

    @classmethod
    def listed_for(cls, user):
        """Return the rooms whose existence a person may know of."""
        public = models.Q(kind__in=[cls.Kind.OPEN, cls.Kind.PASSWORD])
        return cls.objects.filter(public | models.Q(members=user)).distinct()

    @classmethod
    def open_to(cls, user):
        """Return the rooms that a person may enter now: pages and sockets ask here."""
        is_open = models.Q(kind=cls.Kind.OPEN)
        return cls.objects.filter(is_open | models.Q(members=user)).distinct()

    @classmethod
    def renew_epochs(cls, rooms=None):
        """Give rooms (by default, all of them) a new history id; return how many.

        Call it when the past changes: a backup was restored, messages were deleted.
        Each process and page that knows the old history starts over when it sees the
        new id.
        """
        rooms = cls.objects.all() if rooms is None else rooms
        return cls.objects.filter(pk__in=rooms.values("pk")).update(epoch=uuid.uuid4())

    def is_password(self, typed):
        """Tell whether this is the password of the room."""
        return self.kind == self.Kind.PASSWORD and check_password(
            typed, self.password_hash
        )

    def is_full(self):
        """Tell whether nobody else can join."""
        return self.kind == self.Kind.TWO and self.members.count() >= 2


class Invite(models.Model):
    """A link into a room, for one person, once."""

    room = models.ForeignKey(Room, models.CASCADE)
    # Whoever reads the database, or a backup of it, cannot walk in with this.
    token_hash = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    # An invite ends with the account, or the membership, of the person who made it.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", null=True
    )
    # When it was used. Not "claimed_by is empty": that becomes empty again when the
    # account is deleted, and the invite would be good for somebody else.
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True
    )

    def __str__(self):
        return f"Invite to {self.room}"

    @classmethod
    def make(cls, room):
        """Make an invite; return its token, which is stored nowhere."""
        token = secrets.token_urlsafe(24)
        expires = timezone.now() + INVITES_LAST
        cls.objects.create(room=room, token_hash=hash_of(token), expires=expires)
        return token

    @classmethod
    @transaction.atomic
    def claim(cls, token, user):
        """Make a person a member and return the room; None if the invite is no good.

        The same None for every reason: a stranger learns nothing by trying.
        """
        invites = cls.objects.filter(
            token_hash=hash_of(token), expires__gt=timezone.now()
        )
        invite = invites.first()
        if invite is None:
            return None
        # Lock the room: of two who claim at the same instant, one comes second.
        room = Room.objects.select_for_update(no_key=True).get(pk=invite.room_id)
        if room.members.contains(user):
            return room  # an invite not yet used is still good for somebody else
        unused = invites.filter(claimed_at=None)
        if room.is_full() or not unused.update(
            claimed_by=user, claimed_at=timezone.now()
        ):
            return None
        room.members.add(user)
        return room


def hash_of(token):
    """Return what the database keeps of a token; it is long and random, so no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


class Message(models.Model):
    """One message in a room.

    `seq` numbers the messages of a room without a gap, in the order in which they
    become visible: whoever has seen 7 and gets 9 knows that 8 is missing. The id
    cannot serve for that. On PostgreSQL, id 2 can be committed before id 1.
    """

    room = models.ForeignKey(Room, models.CASCADE)
    seq = models.PositiveBigIntegerField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    # The client's key: whoever sends again, not knowing whether the first time
    # arrived, uses the same one.
    cid = models.UUIDField(null=True)
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    # Milliseconds since 1970 on the sender's clock; none if the client gave none.
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
        return f"{self.sender} in {self.room}: {self.text}"

    def as_frame(self):
        """Return the message as it goes over the wire."""
        return protocol.Message(
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

    It's in the database because every process and the lobby ask for it, and it has a
    time because a process that is killed can't take it back. The time is the database's:
    the clocks of two servers differ, and each would delete the rows of the other.
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
