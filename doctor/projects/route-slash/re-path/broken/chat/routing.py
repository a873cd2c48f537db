from django.urls import re_path as rota

from chat import consumers

websocket_urlpatterns = [
    rota(r"^/ws/chat/(?P<room_name>[^/]+)/$", consumers.ChatConsumer.as_asgi()),
]
