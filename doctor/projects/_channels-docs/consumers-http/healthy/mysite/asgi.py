import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django_asgi_app = get_asgi_application()

from django.urls import re_path

from myapp.consumers import LongPollConsumer

application = ProtocolTypeRouter(
    {
        "http": URLRouter(
            [
                re_path(r"^longpoll/$", LongPollConsumer.as_asgi()),
                re_path(r"^notifications/(?P<stream>\w+)/$", LongPollConsumer.as_asgi()),
                re_path(r"", django_asgi_app),
            ]
        ),
    }
)
