"""What a project with accounts needs in a browser: a database that is kept, people, hashes.

The database is SQLite in a file, as on a laptop. A server's files are gone when its worker
ends, so each change of the database goes to the page, which gives it to the next server:
what was stored survives a restart, and ends with the page.
"""

import asyncio
import concurrent.futures
import hashlib
import hmac
import importlib
import os
import sqlite3
from pathlib import Path

from playground import server

# Django 5.2 hashes a password a million times, which takes seconds here, and the only
# thread there is. These hashes are only ever in the reader's own page.
ITERATIONS = 10_000

# What step 05 imports, as far as that works without its settings. Not msgspec: its code is
# a WebAssembly module of its own, which isn't in a snapshot of the memory.
PACKAGES = [
    "redis",
    "django.test",
    "environs",
    "django.db.backends.sqlite3.base",
    "django.core.management.commands.migrate",
    "django.contrib.admin",
    "prometheus_client",
    "channels.sessions",
    "confusable_homoglyphs.categories",
    "csp.constants",
    "csp.middleware",
    "dj_database_url",
    "dj_email_url",
    "django.contrib.auth.password_validation",
    "django.contrib.messages.middleware",
    "django.contrib.messages.storage.fallback",
    "django.contrib.sessions.middleware",
    "django.contrib.staticfiles.storage",
    "django.middleware.locale",
    "django.views.i18n",
    "idna",
]


def prepare() -> None:
    """Import packages and replace what Python lacks in a browser; a snapshot follows."""
    importlib.invalidate_caches()
    for name in PACKAGES:
        importlib.import_module(name)
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    PBKDF2PasswordHasher.iterations = ITERATIONS
    if not hasattr(hashlib, "pbkdf2_hmac"):  # it needs OpenSSL
        hashlib.pbkdf2_hmac = pbkdf2_hmac
    concurrent.futures.ThreadPoolExecutor.submit = submit
    asyncio.to_thread = to_thread


def pbkdf2_hmac(name, password, salt, iterations, dklen=None) -> bytes:
    """Do what hashlib's function of this name does: RFC 8018, section 5.2."""
    new = getattr(hashlib, name)
    size = new().digest_size
    key = new(password).digest() if len(password) > new().block_size else password
    key = key.ljust(new().block_size, b"\0")
    inner = new(bytes(byte ^ 0x36 for byte in key))
    outer = new(bytes(byte ^ 0x5C for byte in key))
    derived = b""
    for block in range(1, -(-(dklen or size) // size) + 1):
        last = hmac.digest(password, salt + block.to_bytes(4), name)
        total = int.from_bytes(last)
        for _ in range(iterations - 1):
            inside, outside = inner.copy(), outer.copy()
            inside.update(last)
            outside.update(inside.digest())
            last = outside.digest()
            total ^= int.from_bytes(last)
        derived += total.to_bytes(size)
    return derived[: dklen or size]


def submit(self, work, /, *args, **kwargs) -> concurrent.futures.Future:
    """Do at once what a pool would do in one of its threads."""
    future = concurrent.futures.Future()
    try:
        future.set_result(work(*args, **kwargs))
    except Exception as error:
        future.set_exception(error)
    return future


async def to_thread(work, /, *args, **kwargs):
    """Do at once what would be done in a thread."""
    with server.outside_the_loop():
        return work(*args, **kwargs)


def make_people(command: str) -> None:
    """Run the project's command that makes people and rooms; it prints how to log in."""
    from django.core.management import call_command

    call_command(command)


def log_in(name: str) -> list[str]:
    """Log somebody in as a browser would be, and return the cookie: its name, its value."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    browser = Client()
    person = get_user_model().objects.get(username=name)
    backend = "django.contrib.auth.backends.ModelBackend"
    browser.force_login(person, backend)
    cookie = settings.SESSION_COOKIE_NAME
    return [cookie, browser.cookies[cookie].value]


# ---- The database --------------------------------------------------------------------------


class Kept:
    """Gives the database to the page, `tell(bytes)`, after each change."""

    def __init__(self, tell) -> None:
        self.tell = tell
        self.path = path()
        self.is_looking = False
        self.known = None
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.look()

    def look_soon(self) -> None:
        """Look for changes once what runs now has ended."""
        if not self.is_looking:
            self.is_looking = True
            asyncio.get_running_loop().call_soon(self.look)

    def look(self) -> None:
        """Give the database to the page if it has changed."""
        self.is_looking = False
        # The newest changes are in the log beside the file.
        (version,) = self.connection.execute("PRAGMA data_version").fetchone()
        if version != self.known:
            self.tell(self.connection.serialize())
            self.known = version


def path() -> Path:
    """Return where the project's database is."""
    from django.conf import settings

    return Path(settings.DATABASES["default"]["NAME"])


def restore(database: bytes) -> None:
    """Put a database where the project expects it."""
    file = path()
    os.makedirs(file.parent, exist_ok=True)
    file.write_bytes(database)
