import os

from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django_application = get_asgi_application()

from myapp import consumers
from myapp.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
        "channel": ChannelNameRouter(
            {
                "thumbnails-generate": consumers.GenerateConsumer.as_asgi(),
                "thumbnails-delete": consumers.DeleteConsumer.as_asgi(),
            }
        ),
    }
)
