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
    "django_tasks_db",
    "chat",
    "jobs",
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

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE") or BASE_DIR / "db.sqlite3",
        # A file for the tests too: SQLite in memory can't serve several threads.
        "TEST": {"NAME": BASE_DIR / "test.sqlite3"},
    },
}

# Django has no worker. Its own backends run a task at once, or never; this one keeps
# tasks in the database, and its command `db_worker` runs them.
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
    },
}

REDIS_URL = os.environ.get("REDIS_URL", "").strip() or "redis://127.0.0.1:6379"

# Carries events between consumers, in this process and in all others.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": REDIS_URL.split()},
    },
}

TIME_ZONE = machine_zone()  # for the times in the log

# The path under which a reverse proxy serves the site, such as /school; empty without
# one. From the environment, because Django needs STATIC_URL before the first request.
MOUNTED_AT = f"/{os.environ.get('MOUNTED_AT', '').strip('/')}".rstrip("/")
STATIC_URL = f"{MOUNTED_AT}/static/"
