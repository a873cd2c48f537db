"""What CHAT_PREFIX promises."""

import runpy
import uuid

import pytest
from channels.layers import channel_layers

from course.exercise.kit import load


@pytest.fixture
def server(monkeypatch, settings):
    """Return what starts a server with a value of CHAT_PREFIX; None leaves it out.

    The settings are read anew, as in a new process. Only its layer is taken from them:
    the people who enter next are on this server.
    """
    application = load("config.asgi", "application")

    def server(prefix):
        if prefix is None:
            monkeypatch.delenv("CHAT_PREFIX", raising=False)
        else:
            monkeypatch.setenv("CHAT_PREFIX", prefix)
        settings.CHANNEL_LAYERS = runpy.run_path("config/settings.py")["CHANNEL_LAYERS"]
        channel_layers.backends = {}
        return application

    return server


@pytest.fixture
def before(settings):
    """Return what starts a server of step 04 as it was."""

    def before():
        layer = "channels_redis.core.RedisChannelLayer"
        hosts = settings.REDIS_URL.split()
        settings.CHANNEL_LAYERS = {
            "default": {"BACKEND": layer, "CONFIG": {"hosts": hosts}}
        }
        channel_layers.backends = {}
        return load("config.asgi", "application")

    return before


@pytest.fixture
def room():
    """Return a room in which nobody is yet, because a Redis may remember others."""
    return f"class {uuid.uuid4()}"


def new(prefix):
    """Return a prefix that nobody has used before."""
    return f"{prefix}-{uuid.uuid4().hex}"


async def test_one_class(opens, server, room):
    """Two servers with the same CHAT_PREFIX share a chat."""
    morning = new("morning")
    ana = await opens("Ana", room, app=server(morning))
    bia = await opens("Bia", room, app=server(morning))
    await ana.says(text="good morning", sender="Ana")
    await bia.hears(
        "Bia, on a server with the same CHAT_PREFIX, should have received Ana's message.",
        text="good morning",
    )


async def test_two_classes(opens, server, room):
    """Two servers with different values of CHAT_PREFIX don't share a chat."""
    ana = await opens("Ana", room, app=server(new("morning")))
    caio = await opens("Caio", room, app=server(new("evening")))
    await ana.says(text="good morning", sender="Ana")
    await ana.hears("Ana should have received her own message.", text="good morning")
    # What is in Caio's queue by now comes before what he says himself.
    await caio.says(text="good evening", sender="Caio")
    await caio.hears(
        "Ana's CHAT_PREFIX is morning, Caio's is evening. Caio should have received"
        " only his own message.",
        text="good evening",
    )


async def test_without_a_prefix_as_before(opens, server, before, room):
    """Without CHAT_PREFIX, or with an empty one, the chat works as before."""
    for prefix, how in [(None, "missing"), ("", "empty")]:
        ana = await opens("Ana", f"{room} {how}", app=before())
        bia = await opens("Bia", f"{room} {how}", app=server(prefix))
        await ana.says(text="oi", sender="Ana")
        await bia.hears(
            f"CHAT_PREFIX is {how}, and Ana's server runs step 04 unchanged, so Bia should have"
            " received Ana's message.",
            text="oi",
        )


async def test_a_class_without_a_prefix_is_apart(opens, server, room):
    """A server with a CHAT_PREFIX and one without don't share a chat."""
    ana = await opens("Ana", room, app=server(None))
    caio = await opens("Caio", room, app=server(new("evening")))
    await ana.says(text="oi", sender="Ana")
    await ana.hears("Ana should have received her own message.", text="oi")
    await caio.says(text="good evening", sender="Caio")
    await caio.hears(
        "Ana's server has no CHAT_PREFIX, Caio's has one. Caio should have received only"
        " his own message.",
        text="good evening",
    )
