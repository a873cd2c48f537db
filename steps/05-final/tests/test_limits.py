"""Rate limits: how much one person may do, and what happens beyond that."""

import asyncio
import json
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from chat import changes, limits, mailbox, sockets, writer
from chat.hub import Hub, this_hub
from chat.models import Message, Room
from chat.protocol import LARGEST_FRAME, LONGEST_TEXT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def both(join, make_room, monkeypatch):
    """Return Ana's and Bia's sockets in one room. Their budgets don't refill."""
    for rate in ("", "REFUSALS_", "BAD_FRAMES_", "FRAMES_", "OPENINGS_"):
        monkeypatch.setattr(limits, f"{rate}RATE", 0.001)
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


async def test_a_client_that_sends_too_fast_is_told_when_to_go_on(both):
    ana, bia = both
    cids = [str(uuid.uuid4()) for _ in range(12)]
    for number, cid in enumerate(cids):
        await ana.say(str(number), cid=cid)
    error = await ana.wait_for("error")
    assert error["code"] == "rate_limited"
    assert error["cid"] == cids[10]
    assert 0.9 / limits.RATE < error["retry_after"] <= 1 / limits.RATE
    # The messages before that arrive, and the others aren't disturbed.
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


async def test_reconnecting_does_not_refill_the_budget(both, join):
    ana, bia = both
    for _ in range(10):
        await ana.say("oi")
    await ana.hear(10)
    await ana.disconnect()
    await bia.hear(10)
    again = await join("class", "ana")
    await again.wait_for("sync")
    await again.say("one more")
    assert await again.refused() == ["rate_limited"]
    assert await bia.receive_nothing()


async def test_a_budget_outlives_the_last_socket_of_the_process(both, join):
    ana, bia = both
    for _ in range(10):
        await ana.say("oi")
    await ana.hear(10)
    for socket in both:
        await socket.disconnect()  # the hub goes with its last socket
    again = await join("class", "ana")
    await again.wait_for("sync")
    await again.say("one more")
    assert await again.refused() == ["rate_limited"]


async def test_after_a_flood_the_next_socket_does_not_start_fresh(both, join):
    ana, _ = both
    for _ in range(limits.REFUSALS + 15):
        await ana.say("flood")
    assert await ana.is_closed_with() == 4429
    await ana.disconnect()
    again = await join("class", "ana")
    await again.wait_for("sync")
    await again.say("flood")
    assert await again.is_closed_with() == 4429


async def test_opening_one_socket_after_the_other_costs_too(both, join, monkeypatch):
    ana, bia = both
    for _ in range(int(limits.OPENINGS) - 1):
        socket = await join("class", "ana")
        await socket.wait_for("sync")
        await socket.disconnect()
    one_too_many = await join("class", "ana")
    error = await one_too_many.wait_for("error")
    assert error["code"] == "rate_limited"
    assert error["retry_after"] > 0
    assert await one_too_many.is_closed_with() == 4429
    await bia.say("oi")
    assert await ana.hear() == ["oi"]  # the window that she has goes on


def test_a_budget_is_forgotten_once_it_is_full_again(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    monkeypatch.setattr(limits, "budgets", {})
    monkeypatch.setattr(limits, "swept_at", now)
    limits.budget_of("ana").openings.take()
    limits.budget_of("bia").openings.take()
    now += limits.SWEEP_EVERY
    limits.budget_of("bia").refusals.take()
    limits.budget_of("caio")
    assert set(limits.budgets) == {"bia", "caio"}


async def test_scrolling_back_counts_too(both):
    ana, _ = both
    for _ in range(11):
        await ana.send_json_to({"type": "history", "before": 1})
    assert await ana.refused() == ["rate_limited"]


async def test_five_malformed_frames_are_enough(both):
    ana, bia = both
    for _ in range(6):
        await ana.send_to(text_data="what?")
    assert await ana.refused(5) == ["bad_json"] * 5
    assert await ana.is_closed_with() == 4400
    assert await bia.receive_nothing()


FLOODS = {
    "typing": '{"type": "typing"}',
    "ack": '{"type": "ack", "bytes": 0}',
    "empty": '{"text": " "}',
    "too_long": json.dumps({"text": "a" * (LONGEST_TEXT + 1)}),
    "too_big": json.dumps({"text": "a" * LARGEST_FRAME}),
    "message": '{"text": "oi"}',
    "history": '{"type": "history", "before": 1}',
    "unknown_type": '{"type": "kick"}',
    "bad_message": '{"type": 5, oops',
    "bad_json": "what?",
}


@pytest.mark.parametrize("raw", FLOODS.values(), ids=FLOODS)
async def test_ten_thousand_frames_of_any_kind_end_the_socket(both, raw):
    ana, bia = both
    for _ in range(10_000):
        await ana.send_to(text_data=raw)
    assert await ana.is_closed_with() in {4400, 4429}
    await bia.say("still here")
    while "still here" not in await bia.hear():
        pass  # what Ana could say before


async def test_whoever_does_not_read_refusals_is_cut_off_as_well(both, monkeypatch):
    ana, _ = both
    monkeypatch.setattr(mailbox, "WINDOW", 500)
    for _ in range(20):
        await ana.say(" ")
    assert await ana.is_closed_with() == 4408


def test_a_page_never_meets_the_limit_of_frames():
    frames_a_second = sum(
        [
            limits.RATE,  # messages, or pages of older ones: more are refused
            1,  # "typing" comes every two seconds
            8,  # acks, for two mebibytes a second
        ]
    )
    assert frames_a_second < limits.FRAMES_RATE
    # A page that reconnects acknowledges at once what it had missed.
    assert limits.FRAMES > 100


async def test_an_empty_message_now_and_then_is_not_abuse(both):
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


async def test_a_client_that_does_not_read_is_disconnected_and_catches_up_later(
    both, join, monkeypatch
):
    monkeypatch.setattr(mailbox, "WINDOW", 10_000)
    ana, bia = both
    for _ in range(8):
        await bia.say("a" * 2000)
        # Bia's page acknowledges what it reads; Ana's doesn't.
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
    monkeypatch.setattr(writer, "LONGEST_QUEUE", 0)
    cid = str(uuid.uuid4())
    await ana.say("oi", cid=cid)
    error = await ana.wait_for("error")
    assert (error["code"], error["cid"]) == ("unavailable", cid)
    assert not await Message.objects.aexists()


async def test_a_close_that_was_taken_cancels_nothing_later(both, monkeypatch):
    ana, bia = both
    monkeypatch.setattr(sockets, "CLOSE_TIMEOUT", 0.2)
    leave = Hub.leave

    async def leave_slowly(hub, socket):
        # Our timer is later than the one of the close, which was set before.
        await asyncio.sleep(2 * sockets.CLOSE_TIMEOUT)
        await leave(hub, socket)

    monkeypatch.setattr(Hub, "leave", leave_slowly)
    for _ in range(6):
        await ana.send_to(text_data="what?")
    assert await ana.is_closed_with() == 4400
    await ana.disconnect()
    monkeypatch.setattr(Hub, "leave", leave)
    hub = this_hub()
    assert {
        socket.user.username for room in hub.rooms.values() for socket in room.sockets
    } == {"bia"}
    await bia.say("oi")
    assert await bia.hear() == ["oi"]


async def test_a_person_who_lost_access_gets_no_older_messages(both, monkeypatch):
    ana, bia = both
    await bia.say("between us")
    await ana.hear()
    # Not even if the change wasn't published.
    monkeypatch.setattr(changes, "publish", lambda **whom: None)
    await sync_to_async(Room.objects.update)(kind=Room.Kind.PRIVATE)
    await ana.send_json_to({"type": "history", "before": 9})
    assert await ana.refused() == ["forbidden"]
    assert await ana.is_closed_with() == 4403
    await User.objects.filter(username="bia").aupdate(is_active=False)
    await bia.send_json_to({"type": "history", "before": 9})
    assert await bia.is_closed_with() == 4401


async def test_a_server_that_stops_closes_its_sockets_with_4012(both):
    ana, _ = both
    ana.future.cancel()  # as Daphne does on SIGTERM
    assert await ana.is_closed_with() == 4012
