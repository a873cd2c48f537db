"""Who is in which room, and how far each person has read."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from chat.models.room import Room


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


class ReadMark(models.Model):
    """How far a person has read in a room, noted when they leave it: see chat/unread.py."""

    room = models.ForeignKey(Room, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    # The number of the newest message that the person has seen.
    seq = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="one_mark_of_each"),
        ]

    def __str__(self):
        return f"{self.user} has read {self.room} up to {self.seq}"
