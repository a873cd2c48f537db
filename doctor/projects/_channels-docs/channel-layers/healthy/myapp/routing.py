from django.urls import path

from myapp import consumers

websocket_urlpatterns = [
    path("ws/chatconsumer/", consumers.ChatConsumer.as_asgi()),
]
