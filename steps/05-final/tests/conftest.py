"""Fixtures for the scenes: Redis, people, rooms and sockets."""

import os
import uuid
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client

from chat import changes, limits, storing, watch
from chat.access import permit_for
from chat.checks import redis_errors
from chat.hashers import Hasher
from chat.models import Room
from chat.throttle import mails, resets, sign_ups, wrong_by_address, wrong_by_person
from config.asgi import application
from tests.sockets import PATIENCE, Socket

CREATE_PERMISSIONS = "django.contrib.auth.management.create_permissions"


@pytest.fixture(autouse=True, scope="session")
def redis_is_there():
    """Without Redis, skip and say why; in CI, fail."""
    for problem in redis_errors(None):
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"{problem.msg} {problem.hint}")


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """Hash a password in no time; on a server, it's slow so that guessing is."""
    monkeypatch.setattr(Hasher, "iterations", 1)


@pytest.fixture(autouse=True, scope="session")
def emptied_quickly():
    """Don't make the permissions anew after each scene, when the tables are emptied.

    It takes a quarter of the time. A scene that is about permissions makes them itself.
    """
    post_migrate.disconnect(dispatch_uid=CREATE_PERMISSIONS)
    yield
    post_migrate.connect(create_permissions, dispatch_uid=CREATE_PERMISSIONS)


@pytest.fixture(autouse=True)
def patient_layer(monkeypatch):
    """Wait longer for the layer, so that no event is lost on a busy machine."""
    monkeypatch.setattr(changes, "LAYER_TIMEOUT", PATIENCE)


@pytest.fixture(autouse=True)
def nobody_has_guessed():
    """Forget the guesses of earlier scenes, because all come from one IP address."""
    for tries in (wrong_by_address, wrong_by_person, sign_ups, resets, mails):
        tries.buckets.clear()


@pytest.fixture
def people(transactional_db):
    """Return the logged-in browsers of Ana, Bia and Caio, by name."""
    browsers = {}
    for name in ("ana", "bia", "caio"):
        browsers[name] = Client()
        browsers[name].force_login(User.objects.create_user(name))
    return browsers


@pytest.fixture
def teacher(transactional_db):
    """Log somebody in who may do everything in the admin."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("teacher"))
    return browser


@pytest.fixture
def make_room(transactional_db):
    """Return a function that makes a room."""
    return sync_to_async(lambda name: Room.objects.create(name=name))


@pytest.fixture
def store(people):
    """Return a function that stores a message without publishing it.

    It's as if another process had stored it, and the layer had lost the event. It
    returns the draft.
    """

    def store(room, name, text, cid=None):
        session = people[name].session
        permit = permit_for(session.session_key, session, room)
        draft = storing.Draft(None, permit, text, cid, None, "test")
        storing.store([draft])
        return draft

    return store


@pytest.fixture
def often(monkeypatch):
    """Have processes check the database all the time."""
    monkeypatch.setattr(watch, "CHECK_EVERY", 0.1)


@pytest.fixture
async def join(settings, people):
    """Let people open sockets: `await join("class", "ana")`."""
    async with joining(settings, people) as join:
        yield join


@asynccontextmanager
async def joining(settings, people):
    """The same as a context manager, which closes the sockets at the end."""
    # A prefix of our own: another run of the tests may use the same Redis.
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"prefix": f"test-{uuid.uuid4()}"}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    limits.budgets.clear()  # they outlive sockets, and so the scene before this one
    sockets = []

    async def join(room_name, name=None, language="en", **query):
        cookies = people[name].cookies if name else {}
        cookie = "; ".join(f"{key}={cookies[key].value}" for key in cookies)
        socket = Socket(
            application,
            f"/ws/chat/{quote(room_name, safe='')}/?{urlencode(query)}",
            headers=[
                (b"origin", b"http://localhost:8000"),
                (b"cookie", cookie.encode()),
                (b"accept-language", language.encode()),
            ],
        )
        socket.scope["server"] = ("localhost", 8000)  # as a real server says it
        assert await socket.connect(PATIENCE) == (True, None)
        sockets.append(socket)
        return socket

    yield join
    for socket in sockets:
        if not socket.future.done():  # not one that a scene has made fail
            await socket.disconnect()
    await get_channel_layer().close_pools()
    # chat.database leaves it open; `connection` is a different one in each thread.
    await sync_to_async(lambda: connection.close())()
