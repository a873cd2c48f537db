"""What the chat promises when Redis is gone."""

import asyncio
import socket
import uuid

import pytest
from channels.layers import get_channel_layer

from course.exercise.kit import NotYet, arrives, expect


@pytest.fixture
def redis_at(settings):
    """Return what makes the chat use another Redis, at a port of this machine."""

    def redis_at(port, **options):
        url = f"redis://127.0.0.1:{port}"
        layer = settings.CHANNEL_LAYERS["default"]
        config = layer["CONFIG"] | {"hosts": [{"address": url} | options]}
        settings.REDIS_URL = url
        settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}

    return redis_at


def port_without_a_server():
    """Return a port at which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
async def silent_port():
    """Return the port of a server that accepts connections and never answers."""
    release = asyncio.Event()

    async def keep_silent(reader, writer):
        await release.wait()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    release.set()
    server.close()


async def is_refused_politely(opens, how):
    """Raise NotYet unless Ana is accepted, gets an `error`, and is closed with 4503."""
    try:
        ana, answer = await opens.knock("Ana")
    except NotYet:
        raise
    except Exception as problem:
        kind = f"{type(problem).__module__}.{type(problem).__qualname__}"
        raise NotYet(
            f"Redis {how}, and connect() raised {kind}, which it doesn't catch."
        ) from None
    kind = answer["type"]
    expect(
        kind == "websocket.accept",
        f"Redis {how}. Ana's socket should have been accepted first, or neither the"
        f" frame nor the code reaches her page. The application sent {kind}.",
    )
    sentence = f"Redis {how}. Ana should have got a frame with an `error`, a sentence."
    error = (await ana.hears(sentence)).get("error")
    expect(isinstance(error, str) and error.strip(), sentence)
    sentence = f"Redis {how}. Ana's socket should have been closed with code 4503."
    event = await ana.event(sentence)
    expect(event["type"] == "websocket.close", f"{sentence} Came instead: {event}")
    code = event.get("code", 1000)
    expect(code == 4503, f"{sentence} The code is {code}.")
    await asyncio.wait([ana.socket.future], timeout=0.1)
    more = ana.socket.output_queue
    expect(
        more.empty(),
        "Nothing should follow after the close, but something does. Does connect() go on?",
    )


async def test_redis_is_healthy(opens):
    """With a healthy Redis, Ana joins and Bia receives her message, as before."""
    room = f"class {uuid.uuid4()}"
    ana, bia = await opens("Ana", room), await opens("Bia", room)
    await ana.says(text="oi", sender="Ana")
    await bia.hears("Bia should have received Ana's message.", text="oi", sender="Ana")


async def test_ana_joins_before_she_is_accepted(opens, monkeypatch):
    """With a healthy Redis, Ana joins her room before she is accepted."""
    layer = get_channel_layer()
    begins, may_end = asyncio.Event(), asyncio.Event()
    group_add = layer.group_add

    async def slow_group_add(group, channel):
        begins.set()
        await may_end.wait()
        await group_add(group, channel)

    monkeypatch.setattr(layer, "group_add", slow_group_add)
    knock = asyncio.create_task(opens.knock("Ana", f"class {uuid.uuid4()}"))
    try:
        await arrives(begins.wait(), "Ana should have joined the group of her room.")
        await asyncio.sleep(0.02)
        expect(
            not knock.done(),
            "Redis is slow but healthy. Ana's socket should be accepted only after she"
            " has joined: what is said in between is lost for her.",
        )
    finally:
        may_end.set()
        await asyncio.wait([knock])
    _, answer = await knock
    expect(answer["type"] == "websocket.accept", "Ana should have been accepted.")


async def test_redis_is_down(opens, redis_at):
    """When Redis is down, Ana gets an error, and her socket closes with 4503."""
    redis_at(port_without_a_server())
    await is_refused_politely(opens, "is down")


async def test_redis_does_not_answer(opens, redis_at, silent_port):
    """When Redis doesn't answer in time, Ana gets the same."""
    redis_at(silent_port, socket_timeout=0.05)
    await is_refused_politely(opens, "doesn't answer in time")


async def test_a_cancelled_handshake_ends(opens, monkeypatch):
    """When the server cancels a handshake, the consumer ends."""
    layer = get_channel_layer()
    begins = asyncio.Event()

    async def endless_group_add(group, channel):
        begins.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(layer, "group_add", endless_group_add)
    knock = asyncio.create_task(opens.knock("Ana", f"class {uuid.uuid4()}"))
    await arrives(begins.wait(), "Ana should have joined the group of her room.")
    ana = opens.people[-1]
    ana.socket.future.cancel()
    await asyncio.wait([ana.socket.future, knock], timeout=0.5)
    ended_well = ana.socket.future.cancelled() and ana.socket.output_queue.empty()
    answered = knock.done() and not knock.cancelled() and knock.exception() is None
    knock.cancel()
    expect(
        ended_well and not answered,
        "The server cancelled the consumer while it was joining, and the consumer took"
        " that for an error of Redis. What does its `except` catch?",
    )


async def test_a_bug_stays_a_bug(opens, monkeypatch):
    """Another exception isn't taken for a Redis that is down."""
    layer = get_channel_layer()
    for bug in (TypeError("Group name must be …"), AttributeError("no such thing")):

        async def broken_group_add(group, channel, bug=bug):
            raise bug

        monkeypatch.setattr(layer, "group_add", broken_group_add)
        try:
            await opens.knock("Ana", f"class {uuid.uuid4()}")
        except type(bug):
            continue
        raise NotYet(
            f"group_add() raised {type(bug).__name__}, which isn't an error of Redis."
            " connect() shouldn't catch it: it would hide a bug."
        )
