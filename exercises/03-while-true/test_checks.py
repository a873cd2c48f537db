"""What a stopwatch beside the chat promises."""

import asyncio
import time

import pytest

from course.exercise.kit import NotYet, arrives, expect

SLEPT = "time.sleep was called in the event loop, where it blocks everyone."


@pytest.fixture(autouse=True)
def slept(monkeypatch):
    """Note each call of time.sleep in the event loop, and end the one who calls it."""
    calls = []
    sleep = time.sleep

    def watched_sleep(seconds):
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # in a thread, it stops only that thread
            return sleep(seconds)
        calls.append(seconds)
        raise NotYet(SLEPT)

    monkeypatch.setattr(time, "sleep", watched_sleep)
    return calls


async def tick(person, sentence):
    """Return the next time that a person's stopwatch shows; messages are skipped."""
    frame = {}
    while "seconds" not in frame:
        frame = await person.hears(sentence)
    return frame["seconds"]


async def hears_text(person, text, sentence):
    """Wait until a person hears a text; ticks are skipped, but not forever."""
    for _ in range(8):
        frame = await person.hears(sentence)
        if frame.get("text") == text:
            return
    raise NotYet(sentence)


async def closes(person):
    """Close a person's socket, and wait until the consumer has ended, however it does."""
    await person.socket.send_input({"type": "websocket.disconnect", "code": 1001})
    sentence = f"{person.name}'s page is closed, so her consumer should have ended."
    await arrives(asyncio.wait([person.socket.future]), sentence)


async def test_the_stopwatch_runs(opens, slept):
    """Ana's stopwatch runs."""
    ana = await opens("Ana")
    sentence = 'Ana\'s stopwatch should run: {"seconds": 0.1}, {"seconds": 0.2} …'
    times = []
    for _ in range(3):
        try:
            times.append(await tick(ana, sentence))
        except NotYet:
            expect(not slept, SLEPT)
            raise
    right = times == sorted(times) and 0 < times[0] < times[-1]
    expect(right, f"{sentence} It showed {times}.")


async def test_messages_arrive(opens):
    """Ana and Bia receive Ana's messages while their stopwatches run."""
    ana, bia = await opens("Ana"), await opens("Bia")
    for text in ("hi", "are you there?"):
        await ana.says(text=text)
        for person in (ana, bia):
            whose = "her own" if person is ana else "Ana's"
            sentence = f'{person.name} should have received {whose} message "{text}".'
            await hears_text(person, text, sentence)


async def test_each_page_has_its_own(opens):
    """Each page has a stopwatch of its own."""
    ana = await opens("Ana")
    sentence = "Ana's stopwatch should run."
    while await tick(ana, sentence) < 0.3:
        pass
    began = time.monotonic()
    bia = await opens("Bia")
    first = await tick(bia, "Bia's stopwatch should run.")
    passed = time.monotonic() - began
    expect(
        first < passed + 0.1,
        f"Bia's own stopwatch should begin when she connects. It began with {first}.",
    )
    times = [await tick(ana, sentence) for _ in range(3)]
    expect(
        times == sorted(times) and times[0] > 0.2,
        f"Ana should receive only her own stopwatch. It showed {times}.",
    )


async def test_the_stopwatch_ends_when_the_page_closes(opens):
    """When Ana closes her page, her stopwatch ends, and nothing keeps running."""
    before = asyncio.all_tasks()
    ana = await opens("Ana")
    await tick(ana, "Ana's stopwatch should run.")
    await closes(ana)
    sentence = "Ana's page is closed, so her stopwatch should have ended."
    queue = ana.socket.output_queue
    while not queue.empty():
        queue.get_nowait()
    for _ in range(25):
        await asyncio.sleep(0.01)
        expect(queue.empty(), sentence)
    left = [task.get_coro().__qualname__ for task in asyncio.all_tasks() - before]
    expect(not left, f"{sentence} Still running: {', '.join(left)}.")


async def test_the_others_go_on(opens):
    """When Ana closes her page, Bia's stopwatch goes on, and so does the chat."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await closes(ana)
    while not bia.socket.output_queue.empty():
        bia.socket.output_queue.get_nowait()
    for _ in range(2):
        await tick(bia, "Ana has left, but Bia's stopwatch should go on.")
    await bia.says(text="hi")
    await hears_text(
        bia, "hi", "Bia should have received her own message after Ana has left."
    )


async def test_the_page_leaves_the_group(opens):
    """When Ana closes her page, her channel leaves the group."""
    from channels.layers import get_channel_layer

    ana = await opens("Ana")
    await tick(ana, "Ana's stopwatch should run.")
    await closes(ana)
    groups = [group for group in get_channel_layer().groups.values() if group]
    sentence = "Ana's page is closed, so her channel should have left the group."
    expect(not groups, sentence)
    if not ana.socket.future.cancelled():
        await ana.socket.future
