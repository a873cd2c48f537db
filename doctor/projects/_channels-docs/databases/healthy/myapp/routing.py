from django.urls import path

from myapp import consumers

websocket_urlpatterns = [
    path("ws/nameconsumer/", consumers.NameConsumer.as_asgi()),
]
