"""A socket for what concerns one person, on whatever page that person is."""

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from notifications.groups import group_of
from notifications.models import Notification

LATEST = 20  # as many are sent on connecting
LOG_IN = 4401  # a close code of our own; applications may use 4000 to 4999


class NotificationConsumer(AsyncJsonWebsocketConsumer):
    """Sends a logged-in person's latest notifications, and then each new one."""

    group = None

    async def connect(self):
        """Join the person's group, and send what is stored."""
        user = self.scope["user"]  # from the session cookie: see config/asgi.py
        await self.accept()
        if not user.is_authenticated:
            await self.close(code=LOG_IN)
            return
        self.group = group_of(user.pk)
        # Join first, then read: the other way round, a notification that is stored in
        # between would be missed. This way it may come twice, so the page compares ids.
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.send_json({"notifications": await latest_of(user)})

    async def disconnect(self, code):
        """Leave the group, if we joined it."""
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def notification(self, event):
        """Handle "notification" events: pass it to this tab."""
        await self.send_json({"notifications": [event["notification"]]})


@database_sync_to_async
def latest_of(user):
    """Return a person's latest notifications, the oldest first."""
    latest = Notification.objects.filter(recipient=user).order_by("-pk")[:LATEST]
    return [one.as_json() for one in reversed(latest)]
