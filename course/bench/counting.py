"""What became of the messages: lost, doubled, out of order; and how long it took.

Messages are numbered in the order in which they were sent. Each member leaves a list of
the numbers that it has heard, in the order in which it has heard them.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MARKER = re.compile(rb"#(\d+)#")


def numbers_in(data: bytes) -> tuple[int, ...]:
    """Return the numbers of the messages in these bytes, in whatever they are packed."""
    return tuple(map(int, MARKER.findall(data)))


@dataclass
class Verdict:
    """What went wrong, over all members."""

    expected: int = 0
    lost: int = 0
    duplicates: int = 0
    sender_disorder: int = 0  # times that two messages of one sender came reversed
    room_disorder: int = (
        0  # times that a member heard two in another order than the first
    )

    @property
    def lost_percent(self) -> float:
        """The share of the deliveries that never happened."""
        return 100 * self.lost / self.expected if self.expected else 0.0


def judge(
    sent: Iterable[int],
    heard: Sequence[Sequence[int]],
    sender_of: Callable[[int], int],
) -> Verdict:
    """Hold what each member has heard against what was sent."""
    sent = set(sent)
    verdict = Verdict(expected=len(sent) * len(heard))
    lists = [[number for number in numbers if number in sent] for numbers in heard]
    once = [list(dict.fromkeys(numbers)) for numbers in lists]
    verdict.lost = sum(len(sent) - len(numbers) for numbers in once)
    verdict.duplicates = sum(map(len, lists)) - sum(map(len, once))
    # Where a message stands for whoever has heard most.
    place = {number: at for at, number in enumerate(max(once, key=len, default=[]))}
    for numbers in once:
        verdict.room_disorder += inversions([place.get(one, one) for one in numbers])
        verdict.sender_disorder += sender_inversions(numbers, sender_of)
    return verdict


def sender_inversions(numbers: list[int], sender_of: Callable[[int], int]) -> int:
    """Return how often a message came after a later one of the same sender."""
    if not inversions(numbers):
        return 0  # nearly always: all in order, so each sender's are
    newest = {}
    found = 0
    for number in numbers:
        sender = sender_of(number)
        found += number < newest.get(sender, -1)
        newest[sender] = max(number, newest.get(sender, -1))
    return found


def inversions(numbers: list[int]) -> int:
    """Return how often a number follows a larger one."""
    return sum(map(int.__gt__, numbers, numbers[1:]))


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the smallest value that so many percent of the values do not exceed."""
    if not values:
        return None
    ranked = sorted(values)
    at = -(-len(ranked) * percent // 100)  # rounded up
    return ranked[max(0, int(at) - 1)]
