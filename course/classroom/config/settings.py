"""The class's settings. No database, no sessions: a class lives in memory.

One process serves it, so the layer can be the one in memory.
"""

import secrets

from course.classroom.current import this
from course.servers import HOST

DEBUG = False  # a page that doesn't exist says so, and nothing else
SECRET_KEY = secrets.token_urlsafe(40)  # nothing that it signs outlives the process
ALLOWED_HOSTS = list(dict.fromkeys([HOST, "localhost", this.address]))

INSTALLED_APPS = ["django.contrib.staticfiles", "course.classroom.room"]
MIDDLEWARE = ["course.classroom.room.doors.Door"]
ROOT_URLCONF = "course.classroom.config.urls.room"  # each door has its own
ASGI_APPLICATION = "course.classroom.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    },
]

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
        # Events that may wait for one page. A screen draws hundreds in a second.
        "CONFIG": {"capacity": 2000},
    },
}

STATIC_URL = "/static/"
USE_TZ = True
