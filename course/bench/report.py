"""Figures as tables for people, and as JSON for everything else."""

import json
from collections.abc import Callable
from pathlib import Path

from course.bench.rounds import BUSY
from course.bench.scenarios import Scenario
from course.figures.chats import BASE, NOTHING, STORING
from course.figures.medians import medians


def number(digits: int) -> Callable[[float], str]:
    """Return what writes a number with so many digits after the point."""
    return lambda value: f"{value:,.{digits}f}"


def times(value: float) -> str:
    """Return a ratio; a small one with a digit more."""
    return f"{value:.0f}x" if value >= 20 else f"{value:.1f}x"


def yes_or_no(value: bool) -> str:
    """Return a word."""
    return "yes" if value else "no"


# Heading, key in a row, how it is written. A column nobody has a figure for is left out.
COLUMNS = [
    ("deliveries/s", "deliveries_per_s", number(0)),
    ("", "deliveries_ratio", times),
    ("us CPU", "server_us_per_delivery", number(1)),
    ("", "cpu_ratio", times),
    ("frames", "frames_per_delivery", number(2)),
    ("requests", "requests_per_delivery", number(2)),
    ("bytes", "bytes_per_delivery", number(0)),
    ("Redis us", "redis_us_per_delivery", number(1)),
    ("p50 ms", "p50_ms", number(1)),
    ("p95", "p95_ms", number(1)),
    ("p99", "p99_ms", number(1)),
    ("lost %", "lost_percent", number(1)),
    ("twice", "duplicates", number(0)),
    ("disorder", "disorder", number(0)),
    ("not stored", "not_stored", number(0)),
    ("threads", "threads", number(0)),
    ("connects/s", "connects_per_s", number(0)),
    ("ms CPU each", "cpu_ms_per_connection", number(2)),
    ("KB each", "kb_per_connection", number(0)),
    ("ghosts", "ghosts", number(0)),
    ("back s", "back_s", number(2)),
    ("caught up s", "caught_up_s", number(2)),
    ("still missing", "still_missing", number(0)),
    ("p95 before", "p95_alone_ms", number(1)),
    ("grown MB", "grown_mb", number(1)),
    ("cut off", "is_cut_off", yes_or_no),
    ("it missed", "stalled_missed", number(0)),
    ("broken", "broken", number(0)),
    ("we %", "generator_percent", number(0)),
    ("others %", "foreign_percent", number(0)),
]

# Only shown where somebody has some.
RARE = {"duplicates", "disorder", "broken", "requests_per_delivery"}

LEGEND = """\
us CPU, frames, requests, bytes, Redis us: for each message delivered to one member.
x: times as many deliveries as the official tutorial's chat on Daphne, or times less CPU.
p50, p95, p99: from the moment when a message should be sent until the last member has it.
disorder: a member received two messages in another order than the others, or than they were sent.
we, others: how busy this program and the rest of the machine kept the cores in use;
"≥" marks a row in which this program was so busy that the server could do more.
From run to run, the ratio of two chats changes by up to 1.7x: only a larger difference counts.
"""


def with_ratios(rows: list[dict]) -> list[dict]:
    """Return the rows, each beside the tutorial's chat in the same scenario."""
    base = {row["scenario"]: row for row in rows if row["chat"] == STORING}
    base |= {row["scenario"]: row for row in rows if row["chat"] == BASE}
    finished = []
    for row in rows:
        row = dict(row)
        if "duplicates" in row:
            row["disorder"] = row["sender_disorder"] + row["room_disorder"]
        compared = base.get(row["scenario"], {})
        for ratio, above, below in [
            ("deliveries_ratio", row, compared),
            ("cpu_ratio", compared, row),
        ]:
            key = RATIOS[ratio]
            if above.get(key) and below.get(key):
                row[ratio] = above[key] / below[key]
        finished.append(row)
    return finished


RATIOS = {
    "deliveries_ratio": "deliveries_per_s",
    "cpu_ratio": "server_us_per_delivery",
}


def print_tables(scenarios: list[Scenario], rows: list[dict]) -> None:
    """Print one table for each scenario."""
    for scenario in scenarios:
        chosen = [row for row in rows if row["scenario"] == scenario.name]
        if chosen:
            print(f"\n{scenario.title}  ({scenario.name})\n")
            print(table(chosen))
    print(f"\n{LEGEND}")


def say_how_calm(rows: list[dict]) -> None:
    """Warn if the machine had other things to do."""
    busy = [row for row in rows if (row.get("foreign_percent") or 0) > BUSY]
    if busy:
        print(
            f"In {len(busy)} of {len(rows)} rows, other programs kept the cores in use"
            f" busy by more than {BUSY} %.\nDeliveries and times suffer from that, CPU"
            " figures less. Measure again on a quiet machine.\n"
        )


def table(rows: list[dict]) -> str:
    """Return rows as text, one line for each chat."""
    columns = [
        column
        for column in COLUMNS
        if any(
            row.get(column[1]) is not None and (row[column[1]] or column[1] not in RARE)
            for row in rows
        )
    ]
    cells = [["", *(heading for heading, _, _ in columns)]]
    for row in rows:
        mark = "" if row.get("valid", True) else "≥ "
        cells.append([mark + row["chat"]])
        for _, key, write in columns:
            value = row.get(key)
            cells[-1].append(NOTHING if value is None else write(value))
    return aligned(cells)


def aligned(cells: list[list[str]]) -> str:
    """Return lines of cells as text: the first column to the left, the others right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        line = f"  {first:{widths[0]}}"
        for cell, width in zip(others, widths[1:], strict=True):
            line += f"  {cell:>{width}}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def write_json(path: Path, surroundings: dict, rows: list[dict], **more) -> None:
    """Write everything that was measured, round by round and as medians."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = surroundings | {
        "medians": with_ratios(medians(rows)),
        "rounds": rows,
        **more,
    }
    text = json.dumps(rounded(content), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")


def rounded(value):
    """Return the same with four digits that mean something in each number."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return value
