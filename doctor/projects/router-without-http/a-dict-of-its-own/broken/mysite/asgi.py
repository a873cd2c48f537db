import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django.setup()

from chat.routing import websocket_urlpatterns

protocolos = dict(websocket=AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)))
application = ProtocolTypeRouter(protocolos)
