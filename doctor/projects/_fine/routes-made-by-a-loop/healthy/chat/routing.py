from django.urls import path

from chat import consumers

websocket_urlpatterns = [
    path(f"{start}/chat/<str:room_name>/", consumers.ChatConsumer.as_asgi())
    for start in ("ws", "live")
]
