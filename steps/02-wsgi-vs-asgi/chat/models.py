"""What the chat stores."""

from django.db import models


class Message(models.Model):
    """One message in a room. Its id is also the cursor of those who listen.

    An id, not a time: two messages can share a millisecond, never an id. SQLite
    lets one writer in at a time, so a lower id is never seen after a higher one.
    """

    room = models.TextField(db_index=True)
    sender = models.TextField()
    text = models.TextField()
    # Milliseconds since 1970 on the sender's clock; None if the client didn't say.
    sent_at = models.BigIntegerField(null=True)
    # The server process that took the message.
    server = models.TextField()

    def __str__(self):
        return f"{self.sender} in {self.room}: {self.text}"

    def as_json(self):
        """Return the message as it goes over the wire."""
        return {
            "id": self.id,
            "room": self.room,
            "sender": self.sender,
            "text": self.text,
            "sent_at": self.sent_at,
            "server": self.server,
        }
