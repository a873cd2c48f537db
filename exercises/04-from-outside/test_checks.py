"""What notify_room() promises."""

import asyncio
import socket
import unicodedata
import uuid

import pytest
from channels.layers import channel_layers

from course.exercise.kit import NotYet, another_server, expect, load

NOT_HEARD = (
    " Did group_send really run? Does the message go through Redis?"
    " Are the group and the event the same as for a message from a page?"
)


@pytest.fixture
def server():
    """Return a server, as a process of its own. The worker is started after it."""
    return another_server()


@pytest.fixture
def worker(server):
    """Return what calls the job: in a worker process, and in a thread without a loop."""
    another_server()  # its modules are the worker's, and know no socket
    notify_room = load("chat.jobs", "notify_room")

    async def worker(room, text):
        channel_layers.backends = {}
        expect(
            not asyncio.iscoroutinefunction(notify_room),
            "notify_room should be a sync function: a worker doesn't await it.",
        )
        return await asyncio.to_thread(notify_room, room, text)

    return worker


@pytest.fixture
def room():
    """Return a room in which nobody is yet, because a Redis may remember others."""
    return f"class {uuid.uuid4()}"


async def test_everyone_in_the_room_hears_it(opens, server, worker, room):
    """Ana and Bia, in the room, receive the worker's message. Caio, in another one, doesn't."""
    ana, bia = (
        await opens("Ana", room, app=server),
        await opens("Bia", room, app=server),
    )
    caio = await opens("Caio", f"not {room}", app=server)
    await worker(room, "Your report is ready.")
    for person in (ana, bia):
        await person.hears(
            f"{person.name} should have received the worker's message.{NOT_HEARD}",
            text="Your report is ready.",
            sender="worker",
            room=room,
        )
    await worker(f"not {room}", "For Caio.")
    await caio.hears(
        "Caio should have received only messages from his room.", text="For Caio."
    )


async def test_it_is_a_message_like_any_other(opens, server, worker, room):
    """The message has the same keys as one from a page."""
    ana = await opens("Ana", room, app=server)
    await ana.says(text="oi", sender="Ana")
    usual = await ana.hears("Ana should have received her own message.", text="oi")
    await worker(room, "oi")
    found = await ana.hears(
        "Ana should have received the worker's message.", sender="worker"
    )
    missing = ", ".join(sorted(usual.keys() - found.keys()))
    expect(not missing, f"The worker's message lacks what pages rely on: {missing}.")


async def test_people_on_two_servers_hear_it(opens, server, worker, room):
    """Ana and Bia, on two servers, receive each message of the worker once."""
    people = [
        await opens("Ana", room, app=server),
        await opens("Bia", room, app=another_server()),
    ]
    for text in ("one", "two"):
        await worker(room, text)
        for person in people:
            sentence = (
                f"{person.name} should have received the worker's “{text}”, once."
            )
            await person.hears(sentence, text=text)


async def test_the_name_of_the_room_is_made_tidy(opens, server, worker, room):
    """The room may be written with other spaces, or in another Unicode form."""
    ana = await opens("Ana", f"café {room}", app=server)
    for name in (f"  café   {room} ", unicodedata.normalize("NFD", f"café {room}")):
        await worker(name, "oi")
        sentence = f"Ana should have received the worker's message: {name!r} is the same room as hers."
        await ana.hears(sentence, text="oi", room=f"café {room}")


async def test_an_invalid_text_is_refused(opens, server, worker, room):
    """For an invalid text, the job raises BadMessage, and nobody receives anything."""
    ana = await opens("Ana", room, app=server)
    for text in ("", "  ", "a" * 2001, "a\0b", 7, None):
        sentence = (
            f"notify_room should have raised BadMessage for the text {text!r:.20}."
        )
        try:
            await worker(room, text)
        except Exception as problem:
            kind = type(problem).__name__  # by name: a worker has its own modules
            expect(kind == "BadMessage", f"{sentence} It raised {kind}.")
        else:
            raise NotYet(sentence)
    await worker(room, "valid")
    await ana.hears("Ana should have received nothing invalid.", text="valid")


async def test_many_jobs_at_a_time(opens, server, worker, room):
    """Ten workers at a time: each message arrives, and arrives once."""
    ana = await opens("Ana", room, app=server)
    await asyncio.gather(*(worker(room, f"job {number}") for number in range(10)))
    sentence = "Ten workers sent one message each at the same time. Ana should have received 10."
    heard = [(await ana.hears(sentence))["text"] for _ in range(10)]
    expect(sorted(heard) == [f"job {number}" for number in range(10)], sentence)


async def test_a_job_without_redis_fails(worker, room, settings):
    """Without Redis, the job fails, so that the queue can try again."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"hosts": [f"redis://127.0.0.1:{port}"]}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    try:
        await worker(room, "oi")
    except Exception:
        return
    raise NotYet(
        "Redis was down, and notify_room returned as if all were well. It should have"
        " failed, so that the queue tries again."
    )
