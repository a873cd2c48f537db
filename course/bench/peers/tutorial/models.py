"""What is stored with STORE=1; the tutorial itself stores nothing."""

from django.db import models


class Message(models.Model):
    """A message that was said."""

    room = models.CharField(max_length=100)
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.text
