"""The chat's database table."""

from django.db import models


class Message(models.Model):
    """One message in a room. Its id is also a cursor: a page asks for what follows it.

    An id, not a time, because two messages can share a millisecond but never an id.
    SQLite allows one writer at a time, so a lower id never appears after a higher one.
    """

    room = models.TextField(db_index=True)
    sender = models.TextField()
    text = models.TextField()
    # Milliseconds since 1970 on the sender's clock; None if the client sent no time.
    sent_at = models.BigIntegerField(null=True)
    # The label of the server process that received the message.
    server = models.TextField()

    def __str__(self):
        return f"{self.sender} in {self.room}: {self.text}"

    def as_json(self):
        """Return the message as the dictionary that clients receive."""
        return {
            "id": self.id,
            "room": self.room,
            "sender": self.sender,
            "text": self.text,
            "sent_at": self.sent_at,
            "server": self.server,
        }
