"""Which application answers at which WebSocket URL. Pages are routed in urls.py."""

from django.urls import path, re_path

from chat import bare_echo
from chat.consumers import EchoConsumer, NoSuchAddress

websocket_urlpatterns = [
    path("ws/echo/bare/", bare_echo.application),
    path("ws/echo/", EchoConsumer.as_asgi()),
    re_path("", NoSuchAddress.as_asgi()),  # last: it matches every URL
]
