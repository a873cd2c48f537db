"""What happens to a socket whose handler never returns, and to the others."""

import asyncio
import socket
import subprocess
import sys

import pytest
from channels.testing import WebsocketCommunicator
from servers import PROJECT, wait_until_it_answers
from websockets.exceptions import InvalidMessage
from websockets.sync.client import connect

from chat import clock
from config.asgi import application

PAGE = [(b"origin", b"http://localhost:8000")]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(clock, "EVERY", 0.01)


async def opened(path):
    page = WebsocketCommunicator(application, path, headers=PAGE)
    assert (await page.connect(timeout=10))[0]
    return page


async def next_answer(page, times=10):
    """Return the first frame that isn't the time; None after so many of those."""
    for _ in range(times):
        frame = await page.receive_json_from(timeout=10)
        if "answer" in frame:
            return frame["answer"]
    return None


async def assert_stuck(page):
    """A consumer answers nothing, and doesn't end when its page leaves."""
    assert await next_answer(page) is None
    # As a server does: it passes the disconnect on, waits, and then cancels.
    await page.send_input({"type": "websocket.disconnect", "code": 1001})
    await asyncio.sleep(0.2)
    assert not page.future.done()
    page.stop()


async def test_a_loop_in_connect_leaves_no_handler_that_could_run(caplog):
    page = await opened("/ws/stuck/connect/")
    await page.send_json_to("oi")
    await assert_stuck(page)
    assert caplog.messages == []


async def test_after_a_loop_in_receive_no_later_frame_is_read(caplog):
    page = await opened("/ws/stuck/receive/")
    for _ in range(2):
        await page.send_json_to("oi")
    await assert_stuck(page)
    assert caplog.messages == ["receive_json() runs"]


async def test_a_task_sends_while_the_socket_still_receives(caplog):
    page = await opened("/ws/clock/")
    for text in ("oi", "again"):
        await page.send_json_to(text)
        assert await next_answer(page, times=1000) == text
    await page.disconnect(code=1001, timeout=10)
    assert caplog.messages[-2:] == [
        "disconnect() runs, code 1001",
        "the task is cancelled",
    ]


async def test_the_task_also_ends_when_the_server_cancels_the_consumer(caplog):
    page = await opened("/ws/clock/")
    page.future.cancel()
    await asyncio.wait([page.future])
    assert caplog.messages == ["the task is cancelled"]


async def test_an_exception_in_the_task_is_logged_and_closes_the_socket(
    caplog, monkeypatch
):
    monkeypatch.setattr(clock, "EVERY", "a mistake")
    page = await opened("/ws/clock/")
    await page.receive_json_from(timeout=10)
    assert (await page.receive_output(timeout=10))["code"] == 4500
    assert "the clock has stopped" in caplog.messages


def test_a_stuck_sync_handler_blocks_every_new_socket_and_outlives_sigterm(tmp_path):
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=file, stderr=file)
    try:
        wait_until_it_answers(port, process, log)
        with opened_at(port, "/ws/stuck/thread/") as stuck:
            stuck.send("{}")
            stuck.recv(timeout=10)
        with pytest.raises(InvalidMessage):
            opened_at(port, "/ws/clock/")  # an async consumer, and yet
        process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
    finally:
        process.kill()
        process.wait()


def opened_at(port, path):
    """Open a socket, with the Origin that a page of this server has."""
    origin = f"http://127.0.0.1:{port}"
    return connect(f"ws://127.0.0.1:{port}{path}", origin=origin, proxy=None)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
