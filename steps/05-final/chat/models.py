"""What the chat remembers."""

from django.conf import settings
from django.db import models
from django.urls import reverse

MOST_MESSAGES = 100  # of the history, shown to whoever enters


class Room(models.Model):
    """A room, made in the admin."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        """Return the address of the room's page."""
        return reverse("room", args=[self.name])


class Message(models.Model):
    """One message in a room."""

    room = models.ForeignKey(Room, models.CASCADE)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    text = models.TextField()
    # Milliseconds since 1970 on the sender's clock; none if the client gave none.
    sent_at = models.BigIntegerField(null=True)
    # The server process that took the message.
    server = models.TextField()

    def __str__(self):
        return f"{self.sender} in {self.room}: {self.text}"

    @classmethod
    async def newest_in(cls, room):
        """Return the last messages of a room, oldest first."""
        found = cls.objects.filter(room=room).select_related("room", "sender")
        newest_first = found.order_by("-id")[:MOST_MESSAGES]
        return [message async for message in newest_first][::-1]

    def as_json(self):
        """Return the message as it goes over the wire."""
        return {
            "id": self.id,
            "room": self.room.name,
            "sender": self.sender.get_username(),
            "text": self.text,
            "sent_at": self.sent_at,
            "server": self.server,
        }
