"""The ASGI application: two doors, each with its own pages and sockets."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

os.environ.update(DJANGO_SETTINGS_MODULE="course.classroom.config.settings")

django_application = get_asgi_application()

from course.classroom.room import consumers, doors

nowhere = re_path("", consumers.Nowhere.as_asgi())

application = doors.Doors(
    room=ProtocolTypeRouter(
        {
            "http": doors.only_static("phone/", django_application),
            "websocket": URLRouter(
                [path("ws/room/", consumers.PhoneConsumer.as_asgi()), nowhere]
            ),
        }
    ),
    desk=ProtocolTypeRouter(
        {
            "http": ASGIStaticFilesHandler(django_application),
            "websocket": URLRouter(
                [
                    path("ws/desk/", consumers.DeskConsumer.as_asgi()),
                    path("ws/screen/", consumers.ScreenConsumer.as_asgi()),
                    nowhere,
                ]
            ),
        }
    ),
)
