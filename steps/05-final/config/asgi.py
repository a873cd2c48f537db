"""The ASGI application: an ASGI server calls it once for each connection."""

import gc
import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# First: it loads Django's apps, and what is imported below needs them.
django_application = get_asgi_application()

from chat.origins import OwnPages
from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(django_application),
        # Any page on the web could open a socket here, some with our user's cookies.
        # Browsers send the page's origin along, and it's up to us to check it.
        "websocket": OwnPages(
            # Not AuthMiddlewareStack: it checks the session with every frame that is
            # sent, which slows a busy room. The consumer asks once (chat/access.py).
            CookieMiddleware(URLRouter(websocket_urlpatterns)),
            settings.SOCKET_ORIGINS,
        ),
    }
)

# Everything loaded so far lives as long as the process, so the garbage collector needn't
# search it again. Nor should it search everything after every few hundred new objects:
# with a thousand open sockets that stops the process for a tenth of a second each time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 10)
