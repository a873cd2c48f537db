"""What the scenes need: Redis, people, and rooms that they can enter."""

import os
import uuid
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from chat import fanout, history, limits
from chat.access import pass_of
from chat.checks import redis_answers
from chat.models import Room
from chat.throttle import mails, resets, sign_ups, wrong_by_address, wrong_by_person
from config.asgi import application
from tests.sockets import PATIENCE, Socket


@pytest.fixture(autouse=True, scope="session")
def redis_is_there():
    """Without Redis, skip with the reason; where tests must be complete, fail."""
    for problem in redis_answers(None):
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"{problem.msg} {problem.hint}")


@pytest.fixture(autouse=True)
def nobody_has_guessed():
    """Forget what earlier scenes have tried: all of them come from one address."""
    for tries in (wrong_by_address, wrong_by_person, sign_ups, resets, mails):
        tries.buckets.clear()


@pytest.fixture
def people(transactional_db):
    """Make Ana, Bia and Caio; give each one's browser, logged in."""
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
    """Make a room, as the admin does."""
    return sync_to_async(lambda name: Room.objects.create(name=name))


@pytest.fixture
def store(people):
    """Store a message and announce nothing, as another process might, or a layer that
    has lost the event. Return what became of it.
    """

    def store(room, name, text, cid=None):
        user = User.objects.get(username=name)
        permit = pass_of(user, people[name].session, room)
        draft = history.Draft(None, permit, text, cid, None, "test")
        history.store([draft])
        return draft

    return store


@pytest.fixture
def often(monkeypatch):
    """Have every process check the database all the time."""
    monkeypatch.setattr(fanout, "LOOK_AGAIN", 0.1)


@pytest.fixture
async def join(settings, people):
    """Let people open sockets: `await join("class", "ana")`."""
    async with joining(settings, people) as join:
        yield join


@asynccontextmanager
async def joining(settings, people):
    """Let people open sockets for as long as the block runs."""
    # A prefix of our own: others may use the same Redis, another run of the tests too.
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
    # What chat.database leaves open; `connection` is another one in each thread.
    await sync_to_async(lambda: connection.close())()
