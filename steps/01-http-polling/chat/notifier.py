"""Wakes the requests that wait for a message."""

import threading


class Notifier:
    """Wakes whatever waits in this process. Every other process has its own notifier.

    Read `count` before you query the database, and pass it to wait(). If a message is
    stored in between, `count` has grown, so wait() returns at once and nothing is lost.
    """

    def __init__(self):
        self.count = 0  # how often notify() has been called
        self.changed = threading.Condition()

    def notify(self):
        """Wake every thread that waits."""
        with self.changed:
            self.count += 1
            self.changed.notify_all()

    def wait(self, seen, seconds):
        """Return as soon as `count` is above `seen`, or after `seconds`.

        The calling thread is blocked until then: it can't serve another request.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.count > seen, timeout=seconds)
