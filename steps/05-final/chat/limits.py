"""How much one person may do, so that nobody can harm the others."""

import time
from collections import deque

from django.conf import settings

SOCKETS = settings.SOCKETS_PER_PERSON
RATE = settings.MESSAGES_PER_SECOND
BURST = 2 * RATE

# A page says every two seconds that its person is typing.
TYPING_RATE = 1

# Refusing costs the server too. A client that keeps sending is disconnected.
REFUSALS = 50
REFUSALS_RATE = 1

# Opening a socket costs more than a message. Reloading a page a few times is fine.
OPENINGS = max(10, 2 * SOCKETS)
OPENINGS_RATE = max(0.5, SOCKETS / 10)

# Malformed frames: five in ten seconds are a broken client, or worse.
BAD_FRAMES = 5
BAD_FRAMES_RATE = 0.5

# All frames of one socket, whatever they contain. A page stays far below: it sends one
# message at a time, "typing" every two seconds, and an "ack" for each 256 KiB.
FRAMES_RATE = 10 + 2 * RATE
FRAMES = 10 * FRAMES_RATE

SWEEP_EVERY = 60  # seconds


class Bucket:
    """A token bucket: `burst` at once, and `rate` a second in the long run."""

    def __init__(self, rate, burst):
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.filled_at = time.monotonic()

    def fill(self):
        """Add the tokens that have come since the last time."""
        now = time.monotonic()
        grown = self.tokens + (now - self.filled_at) * self.rate
        self.tokens = min(self.burst, grown)
        self.filled_at = now

    def take(self, count=1):
        """Take tokens; return 0, or how many seconds until there are enough."""
        self.fill()
        if self.tokens < count:
            return (count - self.tokens) / self.rate
        self.tokens -= count
        return 0

    def is_full(self):
        """Return whether nothing has been used lately."""
        self.fill()
        return self.tokens == self.burst


class Budget:
    """What one person may do in this process, in all windows together.

    Each process counts on its own: with two, a person who uses both may do twice as
    much. That's good enough; a shared count would ask Redis about every message.
    """

    def __init__(self):
        self.openings = Bucket(OPENINGS_RATE, OPENINGS)
        self.messages = Bucket(RATE, BURST)
        self.refusals = Bucket(REFUSALS_RATE, REFUSALS)
        self.typing = Bucket(TYPING_RATE, 1)

    def is_full(self):
        """Return whether a new budget would be the same."""
        return all(bucket.is_full() for bucket in vars(self).values())


budgets = {}  # by the key of the user
swept_at = 0.0


def budget_of(user_pk):
    """Return the budget of a person.

    It outlives the person's sockets: otherwise "open one, send ten messages, close it"
    would be a way around every limit. Ask for it each time, because one that is full
    again is forgotten.
    """
    if user_pk not in budgets:
        forget_full_budgets()
        budgets[user_pk] = Budget()
    return budgets[user_pk]


def forget_full_budgets():
    """Forget, once a minute, the people who haven't done anything lately."""
    global swept_at
    now = time.monotonic()
    if now < swept_at + SWEEP_EVERY:
        return
    swept_at = now
    for user_pk in [pk for pk, budget in budgets.items() if budget.is_full()]:
        del budgets[user_pk]


class Person:
    """Somebody with open sockets in this process; the oldest socket comes first."""

    def __init__(self):
        self.sockets = deque()
