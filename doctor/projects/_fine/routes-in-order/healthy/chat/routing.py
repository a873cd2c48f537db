from django.urls import path, re_path

from chat import consumers

websocket_urlpatterns = [
    path("ws/chat/news/", consumers.NewsConsumer.as_asgi()),
    re_path(r"^ws/chat/(?P<room_name>[^/]+)/$", consumers.ChatConsumer.as_asgi()),
    re_path(r"", consumers.NoSuchPath.as_asgi()),
]
