"""Step 05 as a public server runs it, with a thousand people who have logged in."""

import json
from pathlib import Path

from course import servers
from course.bench.contestants import Contestant, daphne, in_json, uvicorn

PEOPLE = 1000
ROOMS = 300

# Everybody has a session in the database, as if they had come through the login page.
LET_PEOPLE_IN = f"""
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model,
)
from django.db import transaction
from chat.models import Room

User = get_user_model()
names = [f"person{{number}}" for number in range({PEOPLE})]
User.objects.bulk_create([User(username=name, password="!") for name in names])
rooms = [f"bench{{n}}" for n in range({ROOMS})]
Room.objects.bulk_create([Room(name=name, slug=name) for name in rooms])
SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
keys = []
with transaction.atomic():
    for user in User.objects.filter(username__in=names):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
print("keys:", json.dumps(keys))
"""

PUBLIC = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "0",
    "SECRET_KEY": "for-the-bench-only-and-as-long-as-a-real-one-must-be",
    "ORIGINS": "http://127.0.0.1:{port}",
    "REDIS_URL": "{redis}",
    # Each client speaks as fast as the server allows; the limits would be measured.
    "MESSAGES_PER_SECOND": "1000000",
    "SOCKETS_PER_PERSON": "100000",
}


def prepare(folder: Path, redis_url: str) -> list[Contestant]:
    """Return a copy of step 05 on Daphne and on uvicorn, with one database."""
    env = {key: value.format(port=0, redis=redis_url) for key, value in PUBLIC.items()}
    servers.manage(folder, env, "migrate", "--verbosity=0")
    printed = servers.manage(folder, env, "shell", "--command", LET_PEOPLE_IN)
    application = "config.asgi:application"
    commands = {
        "daphne": daphne(application),
        # With the bounds that a public server needs, as deploy/ starts it.
        "uvicorn": uvicorn(application, "config.uvicorn_sockets:BoundedWebSocket"),
    }
    keys = json.loads(printed.partition("keys:")[2])
    return [
        Contestant(
            f"05-{name}",
            command,
            folder,
            wrap=in_json(text="{}"),
            env=PUBLIC,
            welcome=b'"sync"',
            acks=True,
            cookies=tuple(f"sessionid={key}" for key in keys),
            database=folder / "db.sqlite3",
        )
        for name, command in commands.items()
    ]
