"""Which application answers at which WebSocket URL. Pages are routed in urls.py."""

from django.urls import path, re_path

import chat.rooms  # noqa: F401 - registers <room:…>
from chat.consumers import NoSuchAddress
from chat.versions import VersionedConsumer

websocket_urlpatterns = [
    path("ws/chat/<room:room_name>/", VersionedConsumer.as_asgi()),
    re_path("", NoSuchAddress.as_asgi()),  # last: it matches every URL
]
