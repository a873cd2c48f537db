from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from django.urls import path, re_path

from chat import consumers

chat_routes = [
    path("<str:room_name>/", consumers.ChatConsumer.as_asgi()),
]
websocket_urlpatterns = [
    re_path("^ws/chat/", CookieMiddleware(URLRouter(chat_routes))),
]
