"""What is on its way to one socket."""

import asyncio
import sys
from collections import deque

# Bytes that a client may leave unread, beside what it has missed and gets at its entry.
WINDOW = 2 * 1024 * 1024


def start(work):
    """Start a task; where Python can (3.12), run it at once as far as it gets.

    That is to its end, unless the socket is full: sending to a thousand sockets then
    takes no thousand turns of the event loop.
    """
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, eager_start=True)
    return loop.create_task(work)


class Mailbox:
    """Sends frames to one socket, in order, without anybody waiting for that.

    A client that stops reading must not hold up the others, nor fill the memory: the
    server's buffer is not ours to see (Daphne's has no limit), so clients say how much
    they have read, as in HTTP/2 (RFC 9113, section 5.2), and `is_full` says that too
    much is unread.
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
        """Put frames into the line that nobody can have read before they are all there."""
        self.missed += sum(frame.size for frame in frames)
        for frame in frames:
            self.post(frame)

    def post(self, frame):
        """Put a frame into the line."""
        self.sent += frame.size
        self.put(frame.event)

    def put(self, event):
        """Put an ASGI event into the line: a frame, or the close of the socket."""
        self.waiting.append(event)
        if self.task is None:
            # A task for as long as there is something to send: an idle socket has none.
            task = start(self.empty())
            self.task = None if task.done() else task

    async def empty(self):
        """Send all that is waiting."""
        try:
            while self.waiting:
                await self.send(self.waiting.popleft())
        except Exception:
            # The socket is gone, which its consumer hears of by itself.
            self.waiting.clear()
        finally:
            self.task = None

    def close(self):
        """Send nothing any more."""
        self.waiting.clear()
        if self.task:
            self.task.cancel()
