"""What the exercises' checks hear, on a machine that is busy with something else."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from course.exercise import kit

FRAME = {"type": "websocket.send", "text": '{"text": "oi"}'}
STOP = 0.4  # seconds; longer than a check waits here
TURNS = 8  # of the event loop, until an application has answered


@pytest.fixture
async def bia(monkeypatch):
    """Bia's socket into an application that answers, but is held up before."""
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


async def test_an_answer_that_was_held_up_is_heard(bia):
    assert await bia.hears("Bia should have heard it.", text="oi")


async def test_a_frame_that_was_held_up_is_no_silence(bia):
    with pytest.raises(kit.NotYet, match=r"Bia received .*oi"):
        await bia.hears_nothing("Bia should have heard nothing.")


async def test_who_never_answers_is_not_waited_for_longer(bia):
    await bia.event("")
    with pytest.raises(kit.NotYet, match="Bia should have heard more"):
        await bia.event("Bia should have heard more.")
    assert kit.patience.left == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("lasted", "counts", "left"),
    [([0.1, 5, 5], 0.1, [5, 5]), ([5, 0.1, 5], 0.1, [5]), ([5, 4, 6], 4, [])],
    ids=["quick", "held up once", "always slow"],
)
async def test_what_is_quick_may_be_held_up_and_what_is_slow_stays_slow(
    lasted, counts, left
):
    async def attempt():
        return lasted.pop(0)

    assert await kit.quickest(attempt, 1) == counts
    assert lasted == left
