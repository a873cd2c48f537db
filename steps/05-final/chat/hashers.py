"""Password hashes, a few at a time."""

import os
import threading
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

# Each hash takes one CPU for a third of a second. More at once would be no faster, and
# would leave no CPU for the people who are chatting.
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
MOST_WAITING = 64  # a class or two; each one occupies a thread
# Seconds. After 15, the front server gives up and treats this process as broken.
LONGEST_WAIT = 10

turns = threading.BoundedSemaphore(AT_ONCE)
waiting = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)


class TooBusy(Exception):
    """Too many people are waiting for a password to be checked."""


class Hasher(PBKDF2PasswordHasher):
    """Django's hasher; its hashes stay the same."""

    def encode(self, password, salt, iterations=None):
        """Hash a password in its turn, without holding a database connection."""
        with turn():
            return super().encode(password, salt, iterations)


@contextmanager
def turn():
    """Wait for a turn. 160 people who log in at once must not hold 160 connections."""
    if not waiting.acquire(blocking=False):
        raise TooBusy
    try:
        if connection.connection and not connection.in_atomic_block:
            connection.close()  # the next query opens one, or takes one from the pool
        if not turns.acquire(timeout=LONGEST_WAIT):
            raise TooBusy
        try:
            yield
        finally:
            turns.release()
    finally:
        waiting.release()
