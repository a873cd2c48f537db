"""The Celery app. `celery -A config worker` starts a worker with it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()  # the module `tasks` of each app in INSTALLED_APPS
