"""An event loop without files, sockets and threads: it runs callbacks, and sleeps.

A browser has an event loop already, which Python can't wait for: pytest is synchronous,
and while it runs, nothing of the browser's turns in this Web Worker. This loop is
Python's own, without what it does with the operating system.

What would run in another thread runs here, in the only one that there is, at the moment
when the loop comes to it. As in a thread, it has no running loop of its own. While it
waits (in `time.sleep`, or in `async_to_sync`), the loop goes on, as it would beside a
thread.
"""

import asyncio
import contextvars
import heapq
import time
import warnings
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

from playground.server import refuse_inside_a_loop

SLICE = 0.1  # seconds of sleep, after which somebody may ask whether the time is up

real_sleep = time.sleep
hosts = []  # the loops of the "threads" that we are inside, innermost last


def end_if_time_is_up() -> None:
    """Do nothing; `checking`, which limits the time of each check, replaces this."""


def sleep(seconds: float | None) -> None:
    """Block for so long; forever if None."""
    until = float("inf") if seconds is None else time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        real_sleep(min(left, SLICE))
        end_if_time_is_up()


class Loop(asyncio.BaseEventLoop):
    """Python's event loop, which waits by sleeping."""

    def run_once(self, most: float | None = None) -> None:
        """Run what is ready; wait for it first, but not longer than so many seconds."""
        timers = self._scheduled
        while timers and timers[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(timers)._scheduled = False
        if not self._ready and not self._stopping:
            waits = [timers[0].when() - self.time()] if timers else []
            waits += [] if most is None else [most]
            sleep(min(waits) if waits else None)
        now = self.time() + self._clock_resolution
        while timers and timers[0].when() < now:
            handle = heapq.heappop(timers)
            handle._scheduled = False
            self._ready.append(handle)
        # Only what is ready now: not what these callbacks add. A callback may run this
        # loop itself, and then finds less to do than there was.
        for _ in range(len(self._ready)):
            if not self._ready:
                break
            handle = self._ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _run_once(self) -> None:
        self.run_once()

    def _write_to_self(self) -> None:
        """Wake the loop up. It's awake: there is no other thread that could call this."""

    def _process_events(self, event_list: list) -> None:
        """Handle what sockets have received: nothing."""

    def run_in_executor(self, executor, func, *args) -> asyncio.Future:
        """Run a function soon, as if in a thread."""
        self._check_closed()
        future = self.create_future()

        def run() -> None:
            if future.cancelled():
                return
            try:
                with as_in_a_thread(self):
                    result = func(*args)
            except StopIteration as error:
                answer(RuntimeError(f"{error!r} can't be raised into a Future"))
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                answer(error)
            else:
                if not future.cancelled():
                    future.set_result(result)

        def answer(error: BaseException) -> None:
            if not future.cancelled():
                future.set_exception(error)

        self.call_soon(run, context=contextvars.copy_context())
        return future


@contextmanager
def as_in_a_thread(loop: Loop) -> Iterator[None]:
    """Hide the running loop and its task, as from code in another thread."""
    task = asyncio.current_task(loop)
    if task:
        asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    hosts.append(loop)
    try:
        yield
    finally:
        hosts.pop()
        asyncio._set_running_loop(loop)
        if task:
            asyncio.tasks._enter_task(loop, task)


@contextmanager
def running(loop: Loop) -> Iterator[None]:
    """Let a loop run again, inside a function of its own that waits for it."""
    hosts.pop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)
        hosts.append(loop)


def thread_sleep(seconds: float) -> None:
    """Sleep, as `time.sleep` does. In a "thread", the loop goes on meanwhile."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    if not hosts:
        sleep(seconds)
        return
    loop, until = hosts[-1], time.monotonic() + seconds
    with running(loop):
        while (left := until - time.monotonic()) > 0:
            loop.run_once(left)


def run_until_done(awaitable: Coroutine) -> object:
    """Return what a coroutine gives, to code in a "thread": its loop runs it meanwhile."""
    loop = hosts[-1]
    with running(loop):
        task = loop.create_task(awaitable)
        while not task.done():
            loop.run_once()
    return task.result()


def call_from_sync(self, *args, **kwargs) -> object:
    """Replace `AsyncToSync.__call__`, which would start a thread or wait for one."""
    refuse_inside_a_loop()

    async def wait() -> object:
        return await self.awaitable(*args, **kwargs)

    # As there: sync code that this calls finds out that a thread waits here to run it.
    before = getattr(self.executors, "current", None)
    self.executors.current = "this thread"
    try:
        is_inside = hosts and not self.force_new_loop
        return run_until_done(wait()) if is_inside else asyncio.run(wait())
    finally:
        self.executors.current = before


class Nothing(dict):
    """Keeps nothing that is put into it."""

    def __setitem__(self, key: object, value: object) -> None:
        """Forget it."""


def install() -> None:
    """Make this the event loop of this Python, and its only "thread"."""
    import asgiref.sync

    class Policy(asyncio.events._BaseDefaultEventLoopPolicy):
        _loop_factory = Loop

    asyncio._set_running_loop(None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of policies, for 3.16
        asyncio.set_event_loop_policy(Policy())
    asyncio.run = asyncio.runners.run
    time.sleep = thread_sleep
    asgiref.sync.AsyncToSync.__call__ = call_from_sync
    # Executors, which it would end in a thread; ours haven't started anything.
    asgiref.sync.SyncToAsync.context_to_thread_executor = Nothing()
