"""The ASGI application: an ASGI server calls it once for each connection."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Call this first: it loads the apps in INSTALLED_APPS, and the import below needs them.
django_application = get_asgi_application()

from chat.first_frame import FirstFrameConsumer
from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(django_application),
        "websocket": URLRouter(
            [
                # No check of the Origin: scripts and phone apps send none. It isn't
                # needed here, because a browser adds cookies to a handshake, but never
                # a token, so no page of another site can connect as our user.
                path("ws/app/<room:room_name>/", FirstFrameConsumer.as_asgi()),
                # Everything else is for pages of our own site.
                re_path(
                    "", AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns))
                ),
            ]
        ),
    }
)
