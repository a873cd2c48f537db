from django.urls import path

from chat import consumers
from chat.consumers import NewsConsumer

websocket_urlpatterns = [
    path("ws/chat/<str:room_name>/", consumers.ChatConsumer.as_asgi()),
    path("ws/news/", NewsConsumer.as_asgi()),
]
