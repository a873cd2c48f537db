from django.urls import path, re_path

from chat import consumers

old_routes = [
    path("/ws/<string:room_name>/", consumers.ChatConsumer),
    re_path(r"ws/(?P<room_name>\w+/$", consumers.ChatConsumer.as_asgi()),
]
