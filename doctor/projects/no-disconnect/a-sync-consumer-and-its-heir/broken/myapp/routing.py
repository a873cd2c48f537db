from django.urls import path

from myapp import consumers

websocket_urlpatterns = [
    path("ws/loud/", consumers.LoudConsumer.as_asgi()),
]
