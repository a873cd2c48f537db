from channels.routing import URLRouter
from django.urls import path, re_path

from chat import consumers

chat_routes = [
    path("<str:room_name>/", consumers.ChatConsumer.as_asgi()),
]
websocket_urlpatterns = [
    re_path(r"^ws/chat/", URLRouter(chat_routes)),
]
