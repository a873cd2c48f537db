"""How much one person may do, and what becomes of those who do more."""

import uuid

import pytest

from chat import consumers, limits, mailbox
from chat.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def both(join, make_room, monkeypatch):
    """Let Ana and Bia sit in one room; what they have used up does not come back."""
    for rate in ("RATE", "REFUSALS_RATE", "BAD_FRAMES_RATE"):
        monkeypatch.setattr(limits, rate, 0.001)
    await make_room("class")
    sockets = [await join("class", name) for name in ("ana", "bia")]
    for socket in sockets:
        await socket.wait_for("sync")
    return sockets


def test_a_bucket_gives_its_burst_and_then_its_rate(monkeypatch):
    now = 100.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    bucket = limits.Bucket(rate=2, burst=3)
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    assert bucket.take() == pytest.approx(0.5)
    now += 0.5
    assert bucket.take() == 0
    assert bucket.take() > 0
    now += 3600
    assert [bucket.take() > 0 for _ in range(4)] == [False, False, False, True]


async def test_whoever_sends_too_fast_is_told_when_to_go_on(both):
    ana, bia = both
    cids = [str(uuid.uuid4()) for _ in range(12)]
    for number, cid in enumerate(cids):
        await ana.say(str(number), cid=cid)
    error = await ana.wait_for("error")
    assert error["code"] == "rate_limited"
    assert error["cid"] == cids[10]
    assert 0.9 / limits.RATE < error["retry_after"] <= 1 / limits.RATE
    # What came before is heard, and the others are not disturbed.
    assert await bia.hear(10) == [str(number) for number in range(10)]
    await bia.say("calm")
    assert await bia.hear() == ["calm"]


async def test_two_tabs_of_a_person_share_the_limit(both, join):
    ana, _ = both
    tab = await join("class", "ana")
    await tab.wait_for("sync")
    for _ in range(10):
        await ana.say("oi")
    await ana.hear(10)
    await tab.say("one more")
    assert await tab.refused() == ["rate_limited"]


async def test_whoever_goes_on_and_on_is_cut_off(both, monkeypatch):
    ana, bia = both
    for _ in range(limits.REFUSALS + 15):
        await ana.say("flood")
    assert await ana.is_closed_with() == 4429
    await bia.hear(10)
    await bia.say("still here")
    assert await bia.hear() == ["still here"]


async def test_scrolling_back_counts_too(both):
    ana, _ = both
    for _ in range(11):
        await ana.send_json_to({"type": "history", "before": 1})
    assert await ana.refused() == ["rate_limited"]


async def test_five_frames_that_are_none_are_enough(both):
    ana, bia = both
    for _ in range(6):
        await ana.send_to(text_data="what?")
    assert await ana.refused(5) == ["bad_json"] * 5
    assert await ana.is_closed_with() == 4400
    assert await bia.receive_nothing()


async def test_an_empty_message_now_and_then_is_no_abuse(both):
    ana, _ = both
    for _ in range(8):
        await ana.say(" ")
    assert await ana.refused(8) == ["empty"] * 8
    await ana.say("oi")
    assert await ana.hear() == ["oi"]


async def test_of_too_many_tabs_the_oldest_goes(both, join, monkeypatch):
    ana, bia = both
    monkeypatch.setattr(limits, "SOCKETS", 2)
    second = await join("class", "ana")
    third = await join("class", "ana")
    assert await ana.refused() == ["too_many"]
    assert await ana.is_closed_with() == 4409
    await bia.say("oi")
    for socket in (second, third, bia):
        await socket.hear()


async def test_whoever_does_not_read_is_cut_off_and_catches_up_later(
    both, join, monkeypatch
):
    monkeypatch.setattr(mailbox, "WINDOW", 10_000)
    ana, bia = both
    for _ in range(8):
        await bia.say("a" * 2000)
        # Bia's page says that it reads; Ana's does not.
        frame = await bia.wait_for("message")
        await bia.send_json_to({"type": "ack", "bytes": 10**9})
    assert await ana.is_closed_with() == 4408
    monkeypatch.setattr(mailbox, "WINDOW", 10**6)
    again = await join("class", "ana", after=0)
    assert len(await again.hear(8)) == 8
    assert frame["seq"] == 8


async def test_nobody_can_claim_to_have_read_what_was_not_sent(both, monkeypatch):
    monkeypatch.setattr(mailbox, "WINDOW", 10_000)
    ana, bia = both
    await ana.send_json_to({"type": "ack", "bytes": 10**9})
    for _ in range(8):
        await bia.say("a" * 2000)
        await bia.wait_for("message")
        await bia.send_json_to({"type": "ack", "bytes": 10**9})
    assert await ana.is_closed_with() == 4408


async def test_when_the_database_does_not_keep_up_that_is_said(both, monkeypatch):
    ana, _ = both
    monkeypatch.setattr(consumers.history, "LONGEST_QUEUE", 0)
    cid = str(uuid.uuid4())
    await ana.say("oi", cid=cid)
    error = await ana.wait_for("error")
    assert (error["code"], error["cid"]) == ("unavailable", cid)
    assert not await Message.objects.aexists()


async def test_a_server_that_ends_says_so(both):
    ana, _ = both
    ana.future.cancel()  # as Daphne does on SIGTERM
    assert await ana.is_closed_with() == 4012
