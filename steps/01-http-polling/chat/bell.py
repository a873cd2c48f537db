"""A bell that wakes those who wait for a message."""

import threading


class Bell:
    """Rings for everyone who waits in this process, and for nobody in another one.

    Remember `rings` before you look for messages, then wait for the next one: what
    is posted between the look and the wait has already rung, and does not get lost.
    """

    def __init__(self):
        self.rings = 0
        self.changed = threading.Condition()

    def ring(self):
        """Wake everyone who waits."""
        with self.changed:
            self.rings += 1
            self.changed.notify_all()

    def wait(self, heard, seconds):
        """Return once it has rung more than `heard` times, or after `seconds`.

        The thread that calls this is held all the while: it can do nothing else.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.rings > heard, timeout=seconds)
