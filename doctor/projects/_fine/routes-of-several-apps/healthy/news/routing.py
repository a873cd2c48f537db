from django.urls import re_path as route

from chat.consumers import ChatConsumer as Consumer

websocket_urlpatterns = [route(r"^ws/news/(?P<room_name>[^/]+)/?$", Consumer.as_asgi())]
websocket_urlpatterns += [route("^ws/old/$", Consumer.as_asgi(), {"room_name": "old"})]
