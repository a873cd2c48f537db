"""What people say."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat import frames
from chat.models.room import Room


class Message(models.Model):
    """One message in a room.

    `seq` numbers the messages of a room without a gap, in the order in which they
    become visible: a page that has 7 and gets 9 knows that 8 is missing. The id can't
    do that: on PostgreSQL, id 2 can be committed before id 1.
    """

    room = models.ForeignKey(Room, models.CASCADE)
    seq = models.PositiveBigIntegerField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    # The client's key. A client that doesn't know whether a message arrived sends it
    # again, with the same key.
    cid = models.UUIDField(null=True)
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    # Milliseconds since 1970 on the sender's clock; None if the client didn't send it.
    sent_at = models.BigIntegerField(null=True)
    # The server process that stored the message.
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
