import os

from asgiref.wsgi import WsgiToAsgi
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
import django

django.setup()

from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter({
    "http": WsgiToAsgi(get_wsgi_application()),
    "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
})
