"""Wakes the requests that wait for a message."""

import asyncio
import threading


class Notifier:
    """Wakes whatever waits in this process. Every other process has its own notifier.

    Read `count` before you query the database, and pass it to wait(). If a message is
    stored in between, `count` has grown, so wait() returns at once and nothing is lost.
    """

    def __init__(self):
        self.count = 0  # how often notify() has been called
        # Under WSGI, each request has its own thread and event loop.
        self.lock = threading.Lock()
        self.waiting = set()

    def notify(self):
        """Wake every coroutine that waits."""
        with self.lock:
            self.count += 1
            for loop, changed in self.waiting:
                # An asyncio.Event may be set only in the thread of its own loop.
                loop.call_soon_threadsafe(changed.set)

    async def wait(self, seen, seconds):
        """Return as soon as `count` is above `seen`, or after `seconds`.

        No thread is blocked: only this coroutine waits.
        """
        changed = asyncio.Event()
        entry = (asyncio.get_running_loop(), changed)
        with self.lock:
            if self.count > seen:
                return
            self.waiting.add(entry)
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            pass
        finally:
            with self.lock:
                self.waiting.remove(entry)
