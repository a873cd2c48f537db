
from django.urls import re_path
from . import consumers

websocket_urlpatterns = [
    re_path(r"ws/app/(?P<nome>\w+)/$", consumers.ChatConsumer.as_asgi()),
]
