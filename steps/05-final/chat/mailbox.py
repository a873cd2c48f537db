"""The frames that are on their way to one socket."""

import asyncio
import sys
from collections import deque

# Bytes that a client may leave unread, not counting what it catches up on.
WINDOW = 2 * 1024 * 1024


def start(work):
    """Start a task; from Python 3.12 on, run it at once as far as it gets.

    It gets to its end, unless the socket is full, so that sending to a thousand sockets
    doesn't take a thousand turns of the event loop.
    """
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, eager_start=True)
    return loop.create_task(work)


class Mailbox:
    """Sends frames to one socket, in order, without anybody waiting for it.

    A client that stops reading must not hold up the others, nor fill the memory. We
    can't see the server's buffer (Daphne's has no limit), so clients say how much they
    have read, as in HTTP/2 (RFC 9113, section 5.2); `is_full` means that too much is
    unread.
    """

    def __init__(self, send):
        self.send = send
        self.waiting = deque()
        self.sent = 0
        self.read = 0
        self.missed = 0
        self.task = None

    @property
    def is_full(self):
        """Whether the client has left too much unread."""
        return self.sent - self.read > WINDOW + self.missed

    def post_missed(self, frames):
        """Queue frames that a client catches up on: they don't count as unread."""
        self.missed += sum(frame.size for frame in frames)
        for frame in frames:
            self.post(frame)

    def post(self, frame):
        """Queue a frame."""
        self.sent += frame.size
        self.put(frame.event)

    def put(self, event):
        """Queue an ASGI event: a frame, or the close of the socket."""
        self.waiting.append(event)
        if self.task is None:
            # The task ends when everything is sent: an idle socket has none.
            task = start(self.empty())
            self.task = None if task.done() else task

    async def empty(self):
        """Send everything that is waiting."""
        try:
            while self.waiting:
                await self.send(self.waiting.popleft())
        except Exception:
            # The socket is gone; its consumer gets a disconnect of its own.
            self.waiting.clear()
        finally:
            self.task = None

    def close(self):
        """Stop sending."""
        self.waiting.clear()
        if self.task:
            self.task.cancel()
