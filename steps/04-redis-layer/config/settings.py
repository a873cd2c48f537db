"""Settings of the chat: only what it uses, in the order a request meets it."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# Good for a laptop in class; the final step shows what a public server needs.
DEBUG = True
SECRET_KEY = "for-the-classroom-only"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "daphne",  # first, so that its `runserver` (ASGI) replaces Django's (WSGI)
    "django.contrib.staticfiles",
    "chat",
]

# None: nobody logs in, so there is no cookie to protect with a CSRF token.
MIDDLEWARE = []

ROOT_URLCONF = "config.urls"

ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    },
]

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")

# Carries messages from one socket to the others, in whichever process they are.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    },
}

STATIC_URL = "static/"
