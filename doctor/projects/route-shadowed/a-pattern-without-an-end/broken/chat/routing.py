from django.urls import path, re_path

from chat import consumers

websocket_urlpatterns = [
    re_path(r"ws/chat/", consumers.ChatConsumer.as_asgi(), {"room_name": "all"}),
    path("ws/chat/news/", consumers.NewsConsumer.as_asgi()),
]
