"""The event loop in which a browser runs the checks of an exercise, here without one."""

import asyncio
import threading
import time

import pytest
from asgiref.sync import AsyncToSync, async_to_sync, sync_to_async


@pytest.fixture
def loop(monkeypatch, import_for_the_browser):
    """The module, and its loop as a browser has it: with no thread but this one."""
    module = import_for_the_browser("loop")
    monkeypatch.setattr(time, "sleep", module.thread_sleep)
    monkeypatch.setattr(AsyncToSync, "__call__", module.call_from_sync)

    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    return module


@pytest.fixture
def run(loop):
    """Run a coroutine in the loop, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=loop.Loop) as runner:
        yield runner.run


def test_what_asyncio_promises(run):
    async def main():
        queue, said = asyncio.Queue(), []

        async def listen():
            try:
                while True:
                    said.append(await queue.get())
            except asyncio.CancelledError:
                said.append("cancelled")
                raise

        listener = asyncio.create_task(listen())
        queue.put_nowait("a")
        asyncio.get_running_loop().call_later(0.01, queue.put_nowait, "c")
        asyncio.get_running_loop().call_soon(queue.put_nowait, "b")
        await asyncio.sleep(0.02)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(5), 0.01)
        listener.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listener
        assert said == ["a", "b", "c", "cancelled"]
        return await asyncio.gather(
            asyncio.sleep(0.02, "slow"), asyncio.sleep(0, "quick")
        )

    began = time.monotonic()
    assert run(main()) == ["slow", "quick"]
    assert time.monotonic() - began > 0.05


def test_many_timers_that_were_cancelled_are_forgotten(run):
    async def main():
        loop = asyncio.get_running_loop()
        for _ in range(500):
            loop.call_later(3600, print).cancel()
        await asyncio.sleep(0)
        return len(loop._scheduled)

    assert run(main()) == 0


def test_a_thread_has_no_loop_and_the_loop_goes_on_beside_it(run):
    async def main():
        ticks = []

        async def tick():
            while True:
                ticks.append(1)
                await asyncio.sleep(0.01)

        def wait():
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            before = len(ticks)
            while len(ticks) < before + 3:
                time.sleep(0.01)
            return len(ticks) - before

        ticking = asyncio.create_task(tick())
        meanwhile = await asyncio.to_thread(wait)
        assert asyncio.current_task()
        time.sleep(0.05)  # noqa: ASYNC251  (it blocks everybody)
        before = len(ticks)
        ticking.cancel()
        return meanwhile, len(ticks) - before

    meanwhile, blocked = run(main())
    assert meanwhile >= 3
    assert blocked == 0


def test_sync_code_calls_async_code_and_the_other_way_round(run):
    async def main():
        async def double(number):
            await asyncio.sleep(0.01)
            return 2 * number

        def add(number):
            return async_to_sync(double)(number) + async_to_sync(double)(1)

        async def nested(number):
            return await sync_to_async(add)(number)

        def deep(number):
            return async_to_sync(nested)(number)

        many = await asyncio.gather(*(sync_to_async(deep)(one) for one in range(5)))
        with pytest.raises(RuntimeError, match="just await the async function"):
            async_to_sync(double)(1)
        return many

    assert run(main()) == [2, 4, 6, 8, 10]


def test_an_error_in_a_thread_arrives_at_whoever_waits(run):
    async def main():
        def fail():
            raise LookupError("nothing here")

        with pytest.raises(LookupError, match="nothing here"):
            await sync_to_async(fail)()
        with pytest.raises(LookupError, match="nothing here"):
            await asyncio.get_running_loop().run_in_executor(None, fail)

    run(main())


def test_what_waits_asks_whether_the_time_is_up(loop, run, monkeypatch):
    class TimeIsUp(BaseException):
        pass

    def end():
        raise TimeIsUp

    monkeypatch.setattr(loop, "end_if_time_is_up", end)
    with pytest.raises(TimeIsUp):
        run(asyncio.Event().wait())
