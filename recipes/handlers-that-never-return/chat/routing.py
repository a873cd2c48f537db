"""Which application answers at which WebSocket URL. Pages are routed in urls.py."""

from django.urls import path, re_path

import chat.rooms  # noqa: F401 - registers <room:…>
from chat import clock
from chat.consumers import ChatConsumer, NoSuchAddress

websocket_urlpatterns = [
    path("ws/chat/<room:room_name>/", ChatConsumer.as_asgi()),
    path("ws/clock/", clock.Clock.as_asgi()),
    path("ws/stuck/connect/", clock.StuckInConnect.as_asgi()),
    path("ws/stuck/receive/", clock.StuckInReceive.as_asgi()),
    path("ws/stuck/thread/", clock.StuckInThread.as_asgi()),
    re_path("", NoSuchAddress.as_asgi()),  # last: it matches every URL
]
