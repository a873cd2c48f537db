"""Which chat is put through what."""

from course.bench.scenarios import (
    Scenario,
    at_rate,
    durable,
    fan_out,
    listen,
    sit_idle,
    stall,
    vanish_and_return,
)
from course.figures.chats import BASE, DAPHNE, STORING, UVICORN

TUTORIAL = (BASE, "tutorial-uvicorn")
FINAL = (DAPHNE, UVICORN)
BOTH = (*TUTORIAL, *FINAL)
PEERS = ("websockets", "socketio")
SELF = ("raw", "raw-gather")

ASKING = ("01-short-8-threads", "01-long-8-threads")
STEPS = ("01-long-128-threads", "02-long", "02-events", "03", "04", *FINAL)

# Chats that the short version leaves out.
LONG_ONLY = {"tutorial-uvicorn", "raw-gather", *PEERS}

CEILING = Scenario(
    "ceiling-1000-32",
    "what this program itself can take: a server that only copies, 1000 members",
    members=1000,
    play=fan_out(32),
    chats=SELF,
)

FIVE_STEPS = [
    Scenario(
        "listen-100",
        "100 people listen, and every other second somebody says something",
        members=100,
        play=listen(0.5),
        chats=(*ASKING, *STEPS),
    ),
    Scenario(
        "busy-100-4",
        "100 people, 4 messages always on their way: as fast as everybody receives them",
        members=100,
        play=fan_out(4),
        chats=STEPS,
    ),
    CEILING,
]

STEP_05 = [
    Scenario(
        "fanout-1000-4",
        "1000 members, 4 messages always on their way",
        members=1000,
        play=fan_out(4),
        chats=BOTH + PEERS,
    ),
    Scenario(
        "fanout-100-16",
        "100 members, 16 messages always on their way",
        members=100,
        play=fan_out(16),
        chats=BOTH + PEERS,
    ),
    Scenario(
        "fanout-1000-32",
        "1000 members, 32 messages always on their way: saturated",
        members=1000,
        play=fan_out(32),
        chats=BOTH + PEERS,
    ),
    *(
        Scenario(
            f"single-{members}",
            f"{members} members, one message at a time: nothing can be put together",
            members=members,
            play=fan_out(1),
            chats=(*BOTH, STORING) if members == 10 else BOTH,
            quick=members in {10, 1000},
        )
        for members in (2, 10, 50, 200, 1000)
    ),
    Scenario(
        "rate-1000-10",
        "1000 members, 10 messages a second",
        members=1000,
        play=at_rate(10),
        chats=BOTH,
    ),
    Scenario(
        "rate-1000-25",
        "1000 members, 25 messages a second (more than the tutorial's chat can do)",
        members=1000,
        play=at_rate(25),
        chats=FINAL,
    ),
    Scenario(
        "burst-10",
        "10 members, 300 messages within 0.3 s",
        members=10,
        play=at_rate(1000, seconds=0.3),
        chats=BOTH,
    ),
    Scenario(
        "durable-10-64",
        "10 members, 64 messages always on their way, each stored before it is published",
        members=10,
        play=durable(64),
        chats=(STORING, *FINAL),
    ),
    Scenario(
        "vanish-1000",
        "1000 members vanish at once, miss 20 messages, and reconnect",
        members=1000,
        play=vanish_and_return,
        chats=BOTH,
    ),
    Scenario(
        "stall-20",
        "20 members, 30 long messages a second, and one more who stops reading",
        members=20,
        play=stall,
        chats=BOTH,
    ),
    Scenario(
        "idle-1000",
        "1000 members connect and send nothing",
        members=1000,
        play=sit_idle,
        chats=BOTH + PEERS,
    ),
    Scenario(
        "one-200-16",
        "200 members, one server process; servers and members share all cores",
        members=200,
        play=fan_out(16),
        chats=BOTH,
        pinned=False,
    ),
    Scenario(
        "two-200-16",
        "200 members, two server processes; servers and members share all cores",
        members=200,
        play=fan_out(16),
        chats=BOTH,
        processes=2,
        pinned=False,
    ),
    CEILING,
]
