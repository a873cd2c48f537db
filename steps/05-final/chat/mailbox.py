"""The queue of frames in front of one socket."""

import asyncio
import sys
from collections import deque

# Bytes that a client may leave unread, in addition to what it has caught up on.
WINDOW = 2 * 1024 * 1024


def start(work):
    """Start a task. From Python 3.12 on, it runs at once, until it has to wait.

    Usually it doesn't have to: only if the server's buffer is full. So sending to a
    thousand sockets doesn't have to schedule a thousand tasks.
    """
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, eager_start=True)
    return loop.create_task(work)


class Mailbox:
    """Sends frames to one socket, in order, without making anything else wait.

    A client that stops reading mustn't delay the others, nor fill the memory. The ASGI
    server's buffer can't be seen from here (Daphne's has no limit), so clients report how
    much they have read, like flow control in HTTP/2 (RFC 9113, section 5.2).
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
        """Queue frames that the client catches up on; it may leave that much more unread."""
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
            # The task ends when the queue is empty, so an idle socket has none.
            task = start(self.drain())  # it may end before we note it
            self.task = None if task.done() else task

    async def drain(self):
        """Send everything that waits."""
        try:
            while self.waiting:
                await self.send(self.waiting.popleft())
        except Exception:
            # The socket is closed; its consumer gets "websocket.disconnect" separately.
            self.waiting.clear()
        finally:
            self.task = None

    def close(self):
        """Stop sending."""
        self.waiting.clear()
        if self.task:
            self.task.cancel()
