"""Rate limits, so that one person can't harm the others."""

import time

from django.conf import settings

SOCKETS = settings.SOCKETS_PER_PERSON
RATE = settings.MESSAGES_PER_SECOND
BURST = 2 * RATE

# A page sends "typing" at most every two seconds.
TYPING_RATE = 1

# A refusal costs the server something, too. A client that keeps sending is disconnected.
REFUSALS = 50
REFUSALS_RATE = 1

# Opening a socket costs more than a message. Reloading a page a few times is fine.
OPENINGS = max(10, 2 * SOCKETS)
OPENINGS_RATE = max(0.5, SOCKETS / 10)

# Five malformed frames in ten seconds mean that a client is broken, or hostile.
BAD_FRAMES = 5
BAD_FRAMES_RATE = 0.5

# All frames of one socket, whatever they contain. A page stays far below that: it sends
# one message at a time, "typing" every two seconds, and an "ack" for each 256 KiB.
FRAMES_RATE = 10 + 2 * RATE
FRAMES = 10 * FRAMES_RATE

SWEEP_EVERY = 60  # seconds


class Bucket:
    """A token bucket: allows `burst` at once, and `rate` a second in the long run."""

    def __init__(self, rate, burst):
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.filled_at = time.monotonic()

    def fill(self):
        """Add the tokens that are due since the last time."""
        now = time.monotonic()
        grown = self.tokens + (now - self.filled_at) * self.rate
        self.tokens = min(self.burst, grown)
        self.filled_at = now

    def take(self, count=1):
        """Take tokens and return 0; if there are too few, return the seconds to wait."""
        self.fill()
        if self.tokens < count:
            return (count - self.tokens) / self.rate
        self.tokens -= count
        return 0

    def is_full(self):
        """Return whether no token has been taken lately."""
        self.fill()
        return self.tokens == self.burst


class Budget:
    """What one person may do in this process, in all their windows together.

    Each process counts on its own, so a person who is connected to two of them may do
    twice as much. That's good enough: a shared count would ask Redis about each message.
    """

    def __init__(self):
        self.openings = Bucket(OPENINGS_RATE, OPENINGS)
        self.messages = Bucket(RATE, BURST)
        self.refusals = Bucket(REFUSALS_RATE, REFUSALS)
        self.typing = Bucket(TYPING_RATE, 1)

    def is_full(self):
        """Return whether this is as good as a new budget."""
        return all(bucket.is_full() for bucket in vars(self).values())


budgets = {}  # by the user's primary key
swept_at = 0.0


def budget_of(user_pk):
    """Return the budget of a person.

    It outlives the person's sockets: otherwise "open one, send ten messages, close it"
    would get around every limit. Don't keep it: a budget that is full again is dropped.
    """
    if user_pk not in budgets:
        forget_full_budgets()
        budgets[user_pk] = Budget()
    return budgets[user_pk]


def forget_full_budgets():
    """Once a minute, drop the budgets of people who haven't done anything lately."""
    global swept_at
    now = time.monotonic()
    if now < swept_at + SWEEP_EVERY:
        return
    swept_at = now
    for user_pk in [pk for pk, budget in budgets.items() if budget.is_full()]:
        del budgets[user_pk]
