"""What the exercises' checks hear, on a machine that is busy with something else."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from course.exercise import kit

FRAME = {"type": "websocket.send", "text": '{"text": "oi"}'}
STOP = 0.4  # seconds; a check waits only half of Patience(0.4)
TURNS = 8  # of the event loop, until an application has answered


@pytest.fixture
async def bia(monkeypatch):
    """Bia's socket to an application that stalls before it answers."""
    monkeypatch.setattr(kit, "patience", kit.Patience(0.4))
    loop = asyncio.get_running_loop()
    communicator = SimpleNamespace(
        output_queue=asyncio.Queue(), future=loop.create_future()
    )

    def answer(turns=TURNS):
        if turns:
            loop.call_soon(answer, turns - 1)
        else:
            communicator.output_queue.put_nowait(FRAME)

    # As when the machine lets neither the check nor the application go on.
    loop.call_later(0.01, lambda: (time.sleep(STOP), answer()))
    return kit.Person("Bia", communicator)


async def test_a_delayed_answer_is_heard(bia):
    assert await bia.hears("Bia should have heard it.", text="oi")


async def test_a_delayed_frame_breaks_the_silence(bia):
    with pytest.raises(kit.NotYet, match=r"Bia received .*oi"):
        await bia.hears_nothing("Bia should have heard nothing.")


async def test_a_check_gives_up_in_time_if_no_answer_comes(bia):
    await bia.event("")
    with pytest.raises(kit.NotYet, match="Bia should have heard more"):
        await bia.event("Bia should have heard more.")
    assert kit.patience.left == pytest.approx(0.2)


async def test_an_answer_that_was_held_up_still_arrives(monkeypatch):
    monkeypatch.setattr(kit, "patience", kit.Patience(0.4))

    async def application(scope, receive, send):
        await asyncio.sleep(0.01)
        time.sleep(STOP)  # noqa: ASYNC251 - as if the machine had stopped everything
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"oi"})

    answer = kit.arrives(kit.ask(application, "/"), "It should have been answered.")
    assert (await answer).body == b"oi"
    assert kit.patience.left == 0.4


async def test_waits_that_overlap_are_counted_once(monkeypatch):
    monkeypatch.setattr(kit, "patience", kit.Patience(0.4))
    waits = [kit.arrives(asyncio.Event().wait(), "It never came.") for _ in range(12)]
    ended = await asyncio.gather(*waits, return_exceptions=True)
    assert {str(one) for one in ended} == {"It never came."}
    assert kit.patience.left == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("lasted", "left"),
    [([0.1, 5, 5], [5, 5]), ([5, 0.1, 5], [5]), ([5, 5, 0.1], [])],
    ids=["quick", "delayed once", "delayed twice"],
)
async def test_one_quick_attempt_is_enough(lasted, left):
    async def attempt():
        return lasted.pop(0)

    await kit.is_quick(attempt, 1, "")
    assert lasted == left


async def test_what_is_slow_each_time_is_refused_with_the_quickest():
    lasted = [5, 4, 6]

    async def attempt():
        return lasted.pop(0)

    with pytest.raises(
        kit.NotYet, match=r"^It should be quick\. It took 4\.0 seconds\.$"
    ):
        await kit.is_quick(attempt, 1, "It should be quick.")
