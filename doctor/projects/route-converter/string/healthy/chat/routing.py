from django.urls import path, register_converter

from chat import consumers


class RoomConverter:
    regex = "[^/]+"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(RoomConverter, "string")


websocket_urlpatterns = [
    path("ws/chat/<string:room_name>/", consumers.ChatConsumer.as_asgi()),
]
