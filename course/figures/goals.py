"""The goals of step 05, and whether it meets them.

Each goal is a number that must not be too small, or not too large. All are ratios to
the official tutorial's chat on Daphne, played in the same rounds, or plain limits.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course.figures.chats import DAPHNE, STORING, UVICORN
from course.figures.medians import Figures, OfTheTutorial


@dataclass(frozen=True)
class Goal:
    """One figure that is wanted."""

    text: str
    limit: float
    unit: str
    measured: Callable[[Figures], float | None]
    at_least: bool = False

    def judge(self, figures: Figures, beside: Figures) -> dict:
        """Return what was reached, and whether that is enough."""
        value = self.measured(figures)
        row = {"goal": self.text, "wanted": self.limit, "unit": self.unit}
        row |= {"at_least": self.at_least, "measured": value, "met": None}
        if value is not None:
            row["met"] = value >= self.limit if self.at_least else value <= self.limit
        # A ratio to itself would say nothing.
        row["tutorial"] = None if self.at_least else self.measured(beside)
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
    """Yield the goals, in the order in which they are shown."""
    for scenario, text, wanted in [
        (
            "fanout-1000-4",
            "fan-out, 1000 members, 4 in flight",
            {UVICORN: 60, DAPHNE: 25},
        ),
        (
            "fanout-100-16",
            "fan-out, 100 members, 16 in flight",
            {UVICORN: 50, DAPHNE: 25},
        ),
        (
            "fanout-1000-32",
            "saturated, 1000 members, 32 in flight",
            {UVICORN: 250, DAPHNE: 130},
        ),
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
        "CPU saved where nothing can be batched", 15, "x", Figures.not_coalesced
    )
    for rate, chat, longest in [
        (10, UVICORN, 30),
        (25, UVICORN, 30),
        (25, DAPHNE, 100),
    ]:
        place = f"rate-1000-{rate}", chat
        text = f"1000 members, {rate} messages a second, {chat[3:]}"
        yield no_more_than(f"{text}, p99", longest, "ms", figure(*place, "p99_ms"))
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
        "of these, not stored",
        0,
        "",
        figure("durable-10-64", UVICORN, "not_stored"),
    )
    for chat in (UVICORN, DAPHNE):
        place = "vanish-1000", chat
        text = f"1000 members vanish, {chat[3:]}"
        yield no_more_than(f"{text}, ghosts", 0, "", figure(*place, "ghosts"))
        yield no_more_than(
            f"{text}, all back and caught up", 1, "s", figure(*place, "caught_up_s")
        )
        yield no_more_than(
            f"{text}, messages still missing", 0, "", figure(*place, "still_missing")
        )
    place = "stall-20", UVICORN
    yield no_more_than(
        "delay for the others while one client doesn't read", 1.5, "x", Figures.slowed
    )
    yield no_more_than("the server grows by", 5, "MB", figure(*place, "grown_mb"))
    yield at_least(
        "the slow client is disconnected", 1, "", figure(*place, "is_cut_off")
    )
    yield no_more_than(
        "messages that it misses in the end", 0, "", figure(*place, "stalled_missed")
    )
    yield no_more_than(
        "an idle connection",
        42,
        "KB",
        figure("idle-1000", UVICORN, "kb_per_connection"),
    )
    yield at_least(
        "two server processes, 200 members, against the tutorial's two",
        25,
        "x",
        lambda figures: figures.faster("two-200-16", UVICORN),
    )
    yield at_least(
        "two server processes against one", 0.6, "x", Figures.two_against_one
    )
    yield no_more_than(
        "two processes, members who disagree on the order",
        0,
        "",
        figure("two-200-16", UVICORN, "room_disorder"),
    )


def judged(rows: list[dict]) -> list[dict]:
    """Return every goal beside what was reached."""
    figures, beside = Figures(rows), OfTheTutorial(rows)
    return [goal.judge(figures, beside) for goal in goals()]


def lines_of(verdicts: list[dict]) -> list[list[str]]:
    """Return goals as cells of a table."""
    cells = [["goal", "wanted", "reached", "", "tutorial"]]
    for one in verdicts:
        sign = "≥" if one["at_least"] else "≤"
        cells.append(
            [
                one["goal"],
                f"{sign} {written(one['wanted'], one)}",
                written(one["measured"], one),
                outcome(one),
                "" if one["at_least"] else written(one["tutorial"], one),
            ]
        )
    return cells


def in_words(verdict: dict) -> str:
    """Return what a goal wanted and what was reached, as a sentence in Markdown."""
    limit = "at least" if verdict["at_least"] else "at most"
    wanted, reached = (written(verdict[key], verdict) for key in ("wanted", "measured"))
    text = f"**{verdict['goal']}**: {limit} {wanted} was wanted, and {reached} was reached."
    return re.sub(r"(?<=\d) x\b", " times", text)


def written(value: float | None, verdict: dict) -> str:
    """Return a figure with its unit."""
    if value is None:
        return "–"
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{float(value):.3g}"
    unit = verdict["unit"].replace("us", "µs")  # as in all other tables
    return f"{number} {unit}".rstrip()


def outcome(verdict: dict) -> str:
    """Return whether a goal is met, and if not, by how much it is missed."""
    value, wanted = verdict["measured"], verdict["wanted"]
    if value is None:
        return "not measured"
    if verdict["met"]:
        return "met"
    if verdict["at_least"] or not wanted:
        return f"missed by {written(abs(wanted - value), verdict)}"
    return f"missed by {100 * (value / wanted - 1):.0f} %"
