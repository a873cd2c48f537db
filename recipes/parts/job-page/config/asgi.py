"""The ASGI application: an ASGI server calls it once for each connection."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Call this first: it loads the apps in INSTALLED_APPS, and the import below needs them.
django_application = get_asgi_application()

from chat.routing import websocket_urlpatterns
from jobs.consumers import JobConsumer

websockets = URLRouter(
    [
        path("ws/jobs/", JobConsumer.as_asgi()),
        *websocket_urlpatterns,  # after ours, because its last route matches every URL
    ]
)

application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(django_application),
        # Any page on the web could open a socket here, some with our user's cookies.
        # Browsers send the page's origin along, and it's up to us to check it.
        "websocket": AllowedHostsOriginValidator(websockets),
    }
)
