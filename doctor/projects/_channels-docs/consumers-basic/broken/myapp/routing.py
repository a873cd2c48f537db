from django.urls import path

from myapp import consumers

websocket_urlpatterns = [
    path("ws/echoconsumer/", consumers.EchoConsumer.as_asgi()),
    path("ws/asyncechoconsumer/", consumers.AsyncEchoConsumer.as_asgi()),
]
