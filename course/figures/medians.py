"""The figures of several rounds as one, and what can be read from them."""

import statistics

from course.figures.chats import BASE, UVICORN


def medians(rows: list[dict]) -> list[dict]:
    """Return one row for each scenario and chat: the median of each figure."""
    grouped = {}
    for row in rows:
        grouped.setdefault((row["scenario"], row["chat"]), []).append(row)
    return [
        {"scenario": scenario, "chat": chat, "rounds": len(group)}
        | {
            key: middle([row[key] for row in group])
            for key in group[0]
            if key not in SAME
        }
        for (scenario, chat), group in grouped.items()
    ]


SAME = {"scenario", "chat", "round"}


def middle(values: list) -> float | bool | None:
    """Return the median; of yes and no, whether it was always yes."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    if isinstance(known[0], bool):
        return all(known)
    return statistics.median(known)


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
        """Return how many times longer delivery takes while one client doesn't read."""
        name = "stall-20", UVICORN
        return self.ratio((*name, "p95_ms"), (*name, "p95_alone_ms"))

    def two_against_one(self) -> float | None:
        """Return what a second server process brings."""
        key = "deliveries_per_s"
        return self.ratio(("two-200-16", UVICORN, key), ("one-200-16", UVICORN, key))


class OfTheTutorial(Figures):
    """The same figures of the official tutorial's chat on Daphne, for comparison."""

    def of(self, scenario: str, chat: str, key: str) -> float | None:
        """Return one figure; None if it was not measured."""
        return super().of(scenario, BASE, key)
