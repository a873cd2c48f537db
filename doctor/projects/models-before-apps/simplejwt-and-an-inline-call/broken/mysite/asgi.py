import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
from channels.routing import ProtocolTypeRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from rest_framework_simplejwt.tokens import AccessToken


def sockets():
    from channels.routing import URLRouter

    from chat.routing import websocket_urlpatterns

    return AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns))


application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": sockets()}
)
KIND = AccessToken.token_type
