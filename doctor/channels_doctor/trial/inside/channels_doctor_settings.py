"""What a trial changes in the project's settings: where they lead out of the copy.

The settings in the copy call `change(globals())` as their last statement. What was changed is
written down, so that the report can say so: a line of JSON each, in the file CHANNELS_DOCTOR_NOTES.
"""

import json
import os
import secrets
from pathlib import Path

SQLITE = "django.db.backends.sqlite3"
LONGEST_LOCK = 60  # seconds


def change(settings):
    """Change the settings of a module, given as its globals."""
    change_databases(settings)
    change_layers(settings)
    change_caches(settings)
    settings["EMAIL_BACKEND"] = "django.core.mail.backends.locmem.EmailBackend"
    if not settings.get("SECRET_KEY") and "ROOT_URLCONF" in settings:
        settings["SECRET_KEY"] = secrets.token_hex(32)
        note("SECRET_KEY was empty, so the trial made one up.")
    hosts = settings.get("ALLOWED_HOSTS") or []
    if (hosts or not settings.get("DEBUG")) and not set(hosts) & {"*", "127.0.0.1"}:
        settings["ALLOWED_HOSTS"] = [*hosts, "127.0.0.1"]
    change_logging(settings)
    for name in ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        if settings.get(name):
            settings[name] = False  # the trial speaks plain HTTP
    if settings.get("CELERY_BROKER_URL"):
        settings["CELERY_BROKER_URL"] = os.environ.get("REDIS_URL") or "memory://"
    for name in ("CELERY_RESULT_BACKEND", "REDIS_URL"):
        if is_redis_url(settings.get(name)):
            settings[name] = os.environ.get("REDIS_URL", "")


def change_databases(settings):
    """Use SQLite, in the copy."""
    databases = settings.get("DATABASES")
    if not isinstance(databases, dict):
        return
    copy = Path(os.environ["CHANNELS_DOCTOR_COPY"]).resolve()
    for name, one in databases.items():
        if not one.get("ENGINE"):
            continue
        if one["ENGINE"] != SQLITE:
            kind = one["ENGINE"].rpartition(".")[2]
            note(
                f"The trial used SQLite in place of the database {name} ({kind}).", kind
            )
            databases[name] = {
                "ENGINE": SQLITE,
                "NAME": copy / f"doctor-{name}.sqlite3",
            }
        elif not is_inside(one.get("NAME"), copy):
            note(f"The trial used an empty database in place of {name}.")
            one["NAME"] = copy / f"doctor-{name}.sqlite3"
        # The trial makes users while the server writes, and a busy machine is slow.
        databases[name].setdefault("OPTIONS", {})["timeout"] = LONGEST_LOCK


def is_inside(name, copy):
    """Tell whether a file of SQLite is in the copy."""
    return Path(str(name or "")).resolve().is_relative_to(copy)


def change_layers(settings):
    """Lead the channel layers to the trial's Redis."""
    url = os.environ.get("REDIS_URL", "")
    for layer in (settings.get("CHANNEL_LAYERS") or {}).values():
        backend = layer.get("BACKEND", "")
        if "redis" not in backend.lower():
            continue
        if url:
            layer.setdefault("CONFIG", {})["hosts"] = [url]
        else:
            note("There is no Redis here, so the trial used the in-memory layer.")
            layer.clear()
            layer["BACKEND"] = "channels.layers.InMemoryChannelLayer"


def change_caches(settings):
    """Lead the caches in Redis to the trial's Redis, and those elsewhere to this process."""
    url = os.environ.get("REDIS_URL", "")
    for cache in (settings.get("CACHES") or {}).values():
        backend = cache.get("BACKEND", "").lower()
        if "redis" in backend and url:
            cache["LOCATION"] = url
        elif "redis" in backend or "memcache" in backend:
            cache.clear()
            cache["BACKEND"] = "django.core.cache.backends.locmem.LocMemCache"


def change_logging(settings):
    """Print every error of a view: without DEBUG, Django only mails it."""
    logging = settings.setdefault("LOGGING", {"version": 1})
    if not isinstance(logging, dict):
        return
    if not logging.keys() - {"version"}:
        logging["disable_existing_loggers"] = False
    printed = {"class": "logging.StreamHandler", "level": "ERROR"}
    logging.setdefault("handlers", {})["channels_doctor"] = printed
    requests = logging.setdefault("loggers", {}).setdefault("django.request", {})
    if "channels_doctor" not in requests.setdefault("handlers", []):
        requests["handlers"] = [*requests["handlers"], "channels_doctor"]


def is_redis_url(value):
    """Tell whether a setting is the URL of a Redis."""
    return isinstance(value, str) and value.startswith(("redis://", "rediss://"))


def note(what, database=""):
    """Write down what was changed."""
    line = json.dumps({"what": what, "database": database})
    with open(os.environ["CHANNELS_DOCTOR_NOTES"], "a", encoding="utf-8") as notes:
        notes.write(line + "\n")
