"""What step 05 wants to reach, and whether it does.

Each goal is a number that must not be too small, or not too large. All are ratios to
the official tutorial's chat on Daphne, played in the same rounds, or plain limits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course.bench.programme import BASE, STORING

DAPHNE, UVICORN = "05-daphne", "05-uvicorn"


class Figures:
    """The medians, by scenario, chat and key."""

    def __init__(self, rows: list[dict]) -> None:
        self.rows = {(row["scenario"], row["chat"]): row for row in rows}

    def of(self, scenario: str, chat: str, key: str) -> float | None:
        """Return one figure; None if it was not measured."""
        return self.rows.get((scenario, chat), {}).get(key)

    def ratio(self, above: tuple, below: tuple) -> float | None:
        """Return one figure divided by another one."""
        dividend, divisor = self.of(*above), self.of(*below)
        return dividend / divisor if dividend is not None and divisor else None

    def faster(self, scenario: str, chat: str, base: str = BASE) -> float | None:
        """Return how many times as many deliveries a chat makes."""
        key = "deliveries_per_s"
        return self.ratio((scenario, chat, key), (scenario, base, key))

    def each_more(self, chat: str, key: str) -> float | None:
        """Return what one more member costs: from 10 to 1000, one message at a time."""
        few, many = self.of("single-10", chat, key), self.of("single-1000", chat, key)
        return None if few is None or many is None else (many - few) / 990

    def not_coalesced(self) -> float | None:
        """Return how many times less CPU a delivery costs that comes alone."""
        key = "server_us_per_delivery"
        return self.ratio(("single-1000", BASE, key), ("single-1000", UVICORN, key))

    def slowed(self) -> float | None:
        """Return how many times later the others hear while one does not read."""
        name = "stall-20", UVICORN
        return self.ratio((*name, "p95_ms"), (*name, "p95_alone_ms"))

    def two_against_one(self) -> float | None:
        """Return what a second server process brings."""
        key = "deliveries_per_s"
        return self.ratio(("two-200-16", UVICORN, key), ("one-200-16", UVICORN, key))


@dataclass(frozen=True)
class Goal:
    """One figure that is wanted."""

    text: str
    limit: float
    unit: str
    measured: Callable[[Figures], float | None]
    at_least: bool = False

    def judge(self, figures: Figures) -> dict:
        """Return what was reached, and whether that is enough."""
        value = self.measured(figures)
        row = {"goal": self.text, "wanted": self.limit, "unit": self.unit}
        row |= {"at_least": self.at_least, "measured": value, "met": None}
        if value is not None:
            row["met"] = value >= self.limit if self.at_least else value <= self.limit
        return row


def at_least(text: str, limit: float, unit: str, measured: Callable) -> Goal:
    """Return a goal that is met by as much, or more."""
    return Goal(text, limit, unit, measured, at_least=True)


def no_more_than(text: str, limit: float, unit: str, measured: Callable) -> Goal:
    """Return a goal that is met by as much, or less."""
    return Goal(text, limit, unit, measured)


def figure(*place: str) -> Callable[[Figures], float | None]:
    """Return what looks up one figure."""
    return lambda figures: figures.of(*place)


def goals() -> Iterator[Goal]:
    """Yield the goals, in the order in which they are told."""
    for scenario, text, wanted in [
        (
            "fanout-1000-4",
            "fan-out, 1000 members, 4 in flight",
            {UVICORN: 40, DAPHNE: 12},
        ),
        (
            "fanout-100-16",
            "fan-out, 100 members, 16 in flight",
            {UVICORN: 50, DAPHNE: 25},
        ),
        ("fanout-1000-32", "saturated, 1000 members, 32 in flight", {UVICORN: 200}),
    ]:
        for chat, limit in wanted.items():
            yield at_least(
                f"{text}, {chat[3:]}",
                limit,
                "x",
                lambda figures, scenario=scenario, chat=chat: figures.faster(
                    scenario, chat
                ),
            )
    yield at_least(
        "the same, against one frame for each message and member",
        1,
        "x",
        lambda figures: figures.ratio(
            ("fanout-1000-32", UVICORN, "deliveries_per_s"),
            ("ceiling-1000-32", "raw", "deliveries_per_s"),
        ),
    )
    yield at_least(
        "CPU where nothing can be put together, less by", 12, "x", Figures.not_coalesced
    )
    for rate in (10, 25):
        place = f"rate-1000-{rate}", UVICORN
        text = f"1000 members, {rate} messages a second"
        yield no_more_than(f"{text}, p99", 30, "ms", figure(*place, "p99_ms"))
        yield no_more_than(f"{text}, lost", 0, "%", figure(*place, "lost_percent"))
    place = "burst-10", UVICORN
    text = "300 messages in 0.3 s, 10 members"
    yield no_more_than(f"{text}, lost", 0, "%", figure(*place, "lost_percent"))
    yield no_more_than(f"{text}, p99", 50, "ms", figure(*place, "p99_ms"))
    yield no_more_than(
        "one more member, CPU for each message",
        30,
        "us",
        lambda figures: figures.each_more(UVICORN, "server_us_per_message"),
    )
    yield no_more_than(
        "one more member, work of Redis",
        0.2,
        "us",
        lambda figures: figures.each_more(UVICORN, "redis_us_per_message"),
    )
    yield at_least(
        "messages stored a second, 10 members",
        40,
        "x",
        lambda figures: figures.faster("durable-10-64", UVICORN, STORING),
    )
    yield no_more_than(
        "of these, not in the database",
        0,
        "",
        figure("durable-10-64", UVICORN, "not_stored"),
    )
    place = "vanish-1000", UVICORN
    yield no_more_than("1000 members vanish, ghosts", 0, "", figure(*place, "ghosts"))
    yield no_more_than(
        "all of them back and caught up", 2, "s", figure(*place, "caught_up_s")
    )
    place = "stall-20", UVICORN
    yield no_more_than("one does not read, others later by", 1.5, "x", Figures.slowed)
    yield no_more_than("the server grows by", 5, "MB", figure(*place, "grown_mb"))
    yield at_least("that one is cut off", 1, "", figure(*place, "is_cut_off"))
    yield no_more_than(
        "and has missed in the end", 0, "", figure(*place, "stalled_missed")
    )
    yield no_more_than(
        "an idle connection",
        42,
        "KB",
        figure("idle-1000", UVICORN, "kb_per_connection"),
    )
    yield at_least("two server processes against one", 1, "x", Figures.two_against_one)
    yield no_more_than(
        "two processes, members who disagree on the order",
        0,
        "",
        figure("two-200-16", UVICORN, "room_disorder"),
    )


def judged(rows: list[dict]) -> list[dict]:
    """Return every goal beside what was reached."""
    figures = Figures(rows)
    return [goal.judge(figures) for goal in goals()]


def lines_of(verdicts: list[dict]) -> list[list[str]]:
    """Return goals as cells of a table."""
    cells = [["goal", "wanted", "reached", ""]]
    for one in verdicts:
        sign = "≥" if one["at_least"] else "≤"
        cells.append([one["goal"], f"{sign} {one['wanted']:g} {one['unit']}".rstrip()])
        value = one["measured"]
        if value is None:
            cells[-1] += ["–", "not measured"]
            continue
        cells[-1] += [f"{float(value):.3g} {one['unit']}".rstrip(), outcome(one)]
    return cells


def outcome(verdict: dict) -> str:
    """Return whether a goal is met, and if not, by how much it is missed."""
    if verdict["met"]:
        return "met"
    value, wanted = verdict["measured"], verdict["wanted"]
    if verdict["at_least"] or not wanted:
        return f"missed by {abs(wanted - value):.3g} {verdict['unit']}".rstrip()
    return f"missed by {100 * (value / wanted - 1):.0f} %"
