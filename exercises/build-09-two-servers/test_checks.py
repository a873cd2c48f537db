"""What the layer in Redis promises: two layers in one process stand for two servers."""

import os
import uuid

import pytest

from course.exercise.kit import expect


@pytest.fixture
async def other_server(settings):
    """Use the Redis of the checks, and give what makes later sockets go to another server."""
    from channels.layers import channel_layers

    layer = settings.CHANNEL_LAYERS["default"]
    if "hosts" in layer.get("CONFIG", {}):
        config = layer["CONFIG"] | {"hosts": [os.environ["REDIS_URL"]]}
        config["prefix"] = f"check-{uuid.uuid4()}"
        settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    used = []

    def switch():
        used.extend(channel_layers.backends.values())
        channel_layers.backends = {}

    yield switch
    switch()
    for one in used:
        if hasattr(one, "close_pools"):
            await one.close_pools()


def test_redis_has_its_address():
    """The layer knows where Redis is."""
    from django.conf import settings

    layer = settings.CHANNEL_LAYERS["default"]
    hosts = layer.get("CONFIG", {}).get("hosts")
    if layer["BACKEND"].startswith("channels_redis."):
        expect(hosts, "CONFIG should have `hosts`: where Redis is.")
        expect(isinstance(hosts, list | tuple), "`hosts` should be a list of URLs.")
        found = "127.0.0.1" in str(hosts) and "6379" in str(hosts)
        expect(found, f"`hosts` should name 127.0.0.1 and port 6379, not {hosts}.")


async def test_one_server_works(other_server, opens):
    """On one server, Bia receives Ana's message."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(text="hi", sender="Ana")
    await bia.hears(
        "On the same server, Bia should have received Ana's message.", text="hi"
    )


async def test_two_servers_hear_each_other(other_server, opens):
    """Ana and Bia, on two servers, receive each other's messages."""
    ana = await opens("Ana")
    other_server()
    bia = await opens("Bia")
    await ana.says(text="hi", sender="Ana")
    sentence = "Bia, on the other server, should have received Ana's message."
    await bia.hears(sentence, text="hi", sender="Ana", room="class")
    await ana.hears("Ana should have received her own message.", text="hi")
    await bia.says(text="hi, Ana", sender="Bia")
    await ana.hears(
        "Ana should have received Bia's message from the other server.", text="hi, Ana"
    )


async def test_rooms_are_still_apart(other_server, opens):
    """Rooms on two servers are still apart."""
    ana = await opens("Ana", "café")
    other_server()
    caio = await opens("Caio", "cafe")
    await ana.says(text="hi", sender="Ana")
    await ana.hears("Ana should have received her own message.", text="hi")
    await caio.hears_nothing(
        "Caio, in another room, shouldn't receive Ana's message.", 0.05
    )
