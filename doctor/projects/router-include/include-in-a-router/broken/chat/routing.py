from django.urls import include, path

from chat import consumers

chat_routes = [
    path("<str:room_name>/", consumers.ChatConsumer.as_asgi()),
]
websocket_urlpatterns = [
    path("ws/chat/", include(chat_routes)),
]
