"""How much one person may do: each limit is there so that nobody can harm the others."""

import time
from collections import deque

from django.conf import settings

SOCKETS = settings.SOCKETS_PER_PERSON
RATE = settings.MESSAGES_PER_SECOND
BURST = 2 * RATE

# A page says every two seconds that its person is typing.
TYPING_RATE = 1

# What is refused costs the server too. Whoever sends on and on is cut off.
REFUSALS = 50
REFUSALS_RATE = 1

# Frames that are none: five in ten seconds are a broken client, or worse.
BAD_FRAMES = 5
BAD_FRAMES_RATE = 0.5


class Bucket:
    """A token bucket: `burst` at once, and `rate` a second in the long run."""

    def __init__(self, rate, burst):
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.filled_at = time.monotonic()

    def take(self):
        """Take one token; return 0, or how many seconds until there is one."""
        now = time.monotonic()
        grown = self.tokens + (now - self.filled_at) * self.rate
        self.tokens = min(self.burst, grown)
        self.filled_at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0


class Person:
    """Somebody with open sockets in this process, and what all of them may do together.

    Per process: with two of them, a person who uses both may do twice as much. That is
    good enough against harm; a shared count would ask Redis about every message.
    """

    def __init__(self):
        self.sockets = deque()  # the oldest first
        self.messages = Bucket(RATE, BURST)
        self.refusals = Bucket(REFUSALS_RATE, REFUSALS)
        self.typing = Bucket(TYPING_RATE, 1)
