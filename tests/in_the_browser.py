"""Run by Pyodide: import everything that is shipped, and use a database and a room.

tests/test_playground_ship.py starts it, and reads what the last expression is.
"""

import importlib
import json
import os
import pkgutil
import sys
import types

daphne = types.ModuleType("daphne")  # in INSTALLED_APPS for its `runserver` only
daphne.__path__ = ["/project"]
sys.modules["daphne"] = daphne
sys.path.insert(0, "/project")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # there is no thread but the loop's

from django.conf import settings  # noqa: E402

settings.INSTALLED_APPS += [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
]
settings.DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
}

import django  # noqa: E402

django.setup()

missing, modules = {}, 0
for name in (
    "django channels asgiref sqlparse _pytest pytest pluggy iniconfig pytest_django"
    " pytest_asyncio"
).split():
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(
        package.__path__, f"{name}.", onerror=lambda _: None
    ):
        modules += 1
        try:
            importlib.import_module(found.name)
        except ImportError as problem:
            missing[found.name] = problem.name

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

call_command("migrate", verbosity=0)

from django.contrib.auth.models import Group  # noqa: E402

Group.objects.create(name="class")

json.dumps(
    {
        "modules": modules,
        "missing": missing,
        "version": django.__version__,
        "rows": Group.objects.count(),
        "room": Client().get("/chat/class/", headers={"host": "localhost"}).status_code,
    }
)
