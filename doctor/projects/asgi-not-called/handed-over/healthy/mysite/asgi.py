import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application as make

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django.setup()

from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter({
    "http": make(),
    "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
})
