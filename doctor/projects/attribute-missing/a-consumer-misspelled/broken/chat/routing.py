import chat.consumers as kanaele
from django.urls import path

websocket_urlpatterns = [
    path("ws/chat/<str:room_name>/", kanaele.ChatConsummer.as_asgi()),
]
