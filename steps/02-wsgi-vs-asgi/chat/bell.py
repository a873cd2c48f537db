"""A bell that wakes those who wait for a message."""

import asyncio
import threading


class Bell:
    """Rings for everyone who waits in this process, and for nobody in another one.

    Remember `rings` before you look for messages, then wait for the next one: what
    is posted between the look and the wait has already rung, and does not get lost.
    """

    def __init__(self):
        self.rings = 0
        # Under WSGI, each request has a thread and an event loop of its own.
        self.lock = threading.Lock()
        self.waiting = set()

    def ring(self):
        """Wake everyone who waits."""
        with self.lock:
            self.rings += 1
            for loop, woken in self.waiting:
                loop.call_soon_threadsafe(woken.set)

    async def wait(self, heard, seconds):
        """Return once it has rung more than `heard` times, or after `seconds`.

        The bell holds no thread: all that waits here is a coroutine.
        """
        woken = asyncio.Event()
        entry = (asyncio.get_running_loop(), woken)
        with self.lock:
            if self.rings > heard:
                return
            self.waiting.add(entry)
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            pass
        finally:
            with self.lock:
                self.waiting.remove(entry)
