"""A notification is a row first. The socket only brings it sooner."""

from django.conf import settings
from django.db import models


class Notification(models.Model):
    """Something that one person should know."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    text = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        """Return the text."""
        return self.text

    def as_json(self):
        """Return what a page gets of it."""
        return {"id": self.pk, "text": self.text}
