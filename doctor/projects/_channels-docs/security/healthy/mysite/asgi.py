import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django_application = get_asgi_application()

from myapp.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": OriginValidator(
            URLRouter(websocket_urlpatterns),
            [".goodsite.com", "http://.goodsite.com:80", "http://other.site.com"],
        ),
    }
)
