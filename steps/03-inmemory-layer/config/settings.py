"""The chat's settings: only what it uses, in the order that a request meets it."""

import os
from pathlib import Path

from config.time_zone import machine_zone

BASE_DIR = Path(__file__).resolve().parent.parent

# Fine for a laptop in class; the final step shows what a public server needs.
DEBUG = True
SECRET_KEY = "for-the-classroom-only"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "daphne",  # first, so that its `runserver` (ASGI) replaces Django's (WSGI)
    "django.contrib.staticfiles",
    "chat",
]

# CommonMiddleware rejects hosts that are not in ALLOWED_HOSTS. There is no CSRF
# middleware: it protects a login cookie, and nobody logs in here.
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
# Off, because its redirect loses the method and body; chat/urls.py has one that doesn't.
APPEND_SLASH = False

ROOT_URLCONF = "config.urls"

ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    },
]

# Carries events between consumers, but only within this process.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
    },
}

TIME_ZONE = machine_zone()  # for the times in the log

# The path under which a reverse proxy serves the site, such as /school; empty without
# one. From the environment, because Django needs STATIC_URL before the first request.
MOUNTED_AT = f"/{os.environ.get('MOUNTED_AT', '').strip('/')}".rstrip("/")
STATIC_URL = f"{MOUNTED_AT}/static/"
