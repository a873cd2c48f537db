from django.urls import path

from myapp import consumers

websocket_urlpatterns = [
    path("ws/statusconsumer/", consumers.StatusConsumer.as_asgi()),
]
