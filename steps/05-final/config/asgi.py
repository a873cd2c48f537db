"""The ASGI application: what an ASGI server calls, once for each connection."""

import gc
import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# First: it loads Django's apps, and what is imported below needs them.
django_application = get_asgi_application()

from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(django_application),
        # Any page on the web could open a socket here, some with our user's cookies:
        # browsers tell the page's origin, and it is on us to look at it.
        "websocket": OriginValidator(
            # Not AuthMiddlewareStack: it looks at the session with every frame that is
            # sent, which a busy room feels. The consumer asks once (chat/access.py).
            CookieMiddleware(URLRouter(websocket_urlpatterns)),
            settings.SOCKET_ORIGINS,
        ),
    }
)

# What is loaded by now lives as long as the process. Python's garbage collector need not
# look through it again, nor through everything for every few hundred new objects: with
# a thousand open sockets that stops the process for a tenth of a second, again and again.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 10)
