"""People who have logged in to step 05, as if they had come through its login page.

A thousand logins take minutes, because a password's hash is slow on purpose. So these
people have no password, and their sessions are written into the database.
"""

import json
from pathlib import Path

from course import servers

# Runs in the folder of the step, in Django's shell.
LET_IN = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model,
)
from django.db import transaction

User = get_user_model()
names = {names!r}
new = set(names) - set(User.objects.values_list("username", flat=True))
User.objects.bulk_create([User(username=name, password="!") for name in sorted(new)])
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


def let_in(folder: Path, env: dict[str, str], names: list[str]) -> list[str]:
    """Make accounts that don't exist yet; return a cookie for each person.

    `folder` is a step 05 whose database is up to date; `env` has its settings.
    """
    code = LET_IN.format(names=names)
    printed = servers.manage(folder, env, "shell", "--command", code)
    keys = json.loads(printed.partition("keys:")[2])
    return [f"sessionid={key}" for key in keys]
