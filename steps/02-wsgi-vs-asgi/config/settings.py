"""Settings of the chat: only what it uses, in the order a request meets it."""

import os
from pathlib import Path

from config.time_zone import machine_zone

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

# It refuses a host that is not in ALLOWED_HOSTS. Nobody logs in, so there is no cookie
# to protect with a CSRF token.
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
APPEND_SLASH = (
    False  # chat/urls.py adds it for pages, and keeps the method and the body
)

ROOT_URLCONF = "config.urls"

WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        # A file for the tests too: SQLite in memory can't serve several threads.
        "TEST": {"NAME": BASE_DIR / "test.sqlite3"},
    },
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TIME_ZONE = machine_zone()  # of the log

# The path that a front server gives to the site, such as /school; none for all of it.
# From the environment: Django fixes STATIC_URL before a request could tell.
MOUNTED_AT = f"/{os.environ.get('MOUNTED_AT', '').strip('/')}".rstrip("/")
STATIC_URL = f"{MOUNTED_AT}/static/"
