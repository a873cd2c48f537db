"""Rooms, and who may enter them."""

import uuid

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import models, transaction
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

# Random characters that make the slug of a private room unique and hard to guess.
SLUG_SUFFIX = 8


class RoomQuerySet(models.QuerySet):
    """Rooms, found by what a client sent, which may be anything.

    PostgreSQL refuses a query with a NUL, and every database refuses half of a surrogate
    pair.
    """

    def at(self, slug):
        """Return the room with this slug, if there is one."""
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
        """Who may enter: everyone, those who know the password, or those invited."""

        OPEN = "open", _("open to all")
        PASSWORD = "password", _("with a password")
        PRIVATE = "private", _("by invitation")
        TWO = "two", _("for two, by invitation")

    # Unique among the rooms that everyone sees. If a private room's name were taken for
    # others, trying to take it would reveal that the room exists.
    name = models.CharField(max_length=100)
    # The room's part of its URL. It stays when the room is renamed, so that links and
    # open pages keep working.
    slug = models.CharField(max_length=120, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OPEN)
    # Hashed, like the password of an account.
    password_hash = models.CharField(max_length=128, blank=True, editable=False)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)
    # Counted, to limit how many rooms one person makes.
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
        """Return a slug: the name if everyone may know it, else one with a suffix."""
        if not self.is_by_invitation() and not Room.objects.at(self.name).exists():
            return self.name
        return f"{self.name}-{get_random_string(SLUG_SUFFIX).lower()}"

    @classmethod
    def listed_for(cls, user):
        """Return the rooms whose existence a person may know of."""
        public = models.Q(kind__in=[cls.Kind.OPEN, cls.Kind.PASSWORD])
        return cls.objects.filter(public | models.Q(members=user)).distinct()

    @classmethod
    def open_to(cls, user):
        """Return the rooms that a person may enter now.

        For pages. Sockets follow the same rule for many people at once, without a query
        for each: see check_permits in chat/access.py.
        """
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

    def is_by_invitation(self):
        """Return whether only an invitation lets people in."""
        return self.kind in {self.Kind.PRIVATE, self.Kind.TWO}

    def is_password(self, typed):
        """Return whether this is the password of the room."""
        return self.kind == self.Kind.PASSWORD and check_password(
            typed, self.password_hash
        )

    def is_full(self):
        """Return whether no one else can join."""
        return self.kind == self.Kind.TWO and self.members.count() >= 2

    def ends_without(self, user):
        """Return whether the room must be deleted when this person leaves.

        Only a member can invite, so without members no one could ever enter again, and
        the messages would be stored forever for no one to read.
        """
        others = self.members.exclude(pk=user.pk)
        return self.is_by_invitation() and not others.exists()

    @classmethod
    @transaction.atomic
    def leave(cls, pk, user, may_end):
        """Remove a member; return False if that would end the room, but may not.

        A signal then closes the person's sockets (chat/changes.py).
        """
        # Locked: of the last two members, the second to leave must find no one else. And
        # an invitation that is claimed meanwhile must wait (Invite.claim).
        room = cls.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if room is None:
            return True  # a double click: the first click has deleted it
        if not room.ends_without(user):
            room.members.remove(user)
        elif may_end:
            room.delete()
        else:
            return False
        return True
