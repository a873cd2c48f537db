"""A job in a worker reports its progress to the person who started it."""

import json
import subprocess
import sys
import uuid
from contextlib import contextmanager

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.core.management import call_command
from django_tasks_db.management.commands.db_worker import Worker
from servers import PROJECT
from websockets.sync.client import connect

from config.asgi import application
from jobs import tasks
from jobs.consumers import MOST_ROWS


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Give the servers and the worker a database of their own."""
    monkeypatch.setenv("DATABASE", str(tmp_path / "db.sqlite3"))
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=PROJECT, check=True)


@contextmanager
def worker(log_path):
    """Run a real worker while the block runs."""
    command = [
        sys.executable,
        "manage.py",
        "db_worker",
        "--no-reload",
        "--interval=0.1",
    ]
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def open_socket(port):
    """Open a socket as the page of this server does."""
    url, origin = f"ws://127.0.0.1:{port}/ws/jobs/", f"http://127.0.0.1:{port}"
    with connect(url, origin=origin) as page:
        yield page


def ask(page, **request):
    page.send(json.dumps(request))


def told(page):
    return json.loads(page.recv(timeout=30))


def told_until(page, what):
    """Return all that a page gets until a key is in it."""
    frames = [told(page)]
    while what not in frames[-1]:
        frames.append(told(page))
    return frames


def test_whoever_starts_a_job_gets_its_progress_and_nobody_else(
    database, two_servers, tmp_path
):
    first, second = two_servers
    with (
        worker(tmp_path / "worker"),
        open_socket(first) as ana,
        open_socket(first) as bia,
        open_socket(second) as again,
    ):
        ask(bia, start=2)
        ask(ana, start=5)
        frames = told_until(ana, "finished")
        job = frames[0]["job"]
        assert frames[0] == {"job": job, "waiting": True}
        assert frames[1:-1] == [
            {"job": job, "done": done, "of": 5} for done in range(1, 6)
        ]
        assert frames[-1] == {"job": job, "done": 5, "of": 5, "finished": True}
        assert {frame["job"] for frame in told_until(bia, "finished")} != {job}

        # After a reload, the page may reach another server; the worker is a third process.
        ask(again, follow=job)
        assert told(again) == frames[-1]


def test_a_job_goes_on_when_the_page_that_started_it_has_gone(
    database, two_servers, tmp_path
):
    first, second = two_servers
    with open_socket(first) as ana:
        ask(ana, start=5)
        job = told(ana)["job"]
    with open_socket(second) as ana:
        ask(ana, follow=job)
        assert told(ana) == {"job": job, "waiting": True}
        with worker(tmp_path / "worker"):
            frames = told_until(ana, "finished")
            assert [frame["done"] for frame in frames] == [1, 2, 3, 4, 5, 5]


# Without a server and a worker of their own


@pytest.fixture(autouse=True)
def own_prefix(settings):
    """Keep our groups apart from others in the same Redis."""
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"prefix": f"test-{uuid.uuid4()}"}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}


@pytest.fixture
async def page(transactional_db):
    """An open page."""
    headers = [(b"origin", b"http://localhost:8000")]
    page = WebsocketCommunicator(application, "/ws/jobs/", headers=headers)
    assert await page.connect() == (True, None)
    yield page
    await page.disconnect()
    await get_channel_layer().close_pools()


@pytest.fixture
def work(monkeypatch):
    """Return a function that runs the jobs that wait, in this process."""
    # Not in a thread: Python handles signals in the main one alone.
    monkeypatch.setattr(Worker, "configure_signals", lambda worker: None)
    command = sync_to_async(call_command)
    return lambda: command("db_worker", batch=True, reload=False)


async def test_a_job_that_fails_says_so_but_not_why(page, work, monkeypatch):
    def fail(row):
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(tasks, "work_on", fail)
    await page.send_json_to({"start": 3})
    job = (await page.receive_json_from(timeout=10))["job"]
    await work()
    assert await page.receive_json_from(timeout=10) == {"job": job, "failed": True}


async def test_if_redis_is_down_a_job_that_succeeded_has_not_failed(
    page, work, monkeypatch
):
    await page.send_json_to({"start": 3})
    job = (await page.receive_json_from(timeout=10))["job"]
    monkeypatch.setattr(tasks, "publish", fail_at_the_end)
    await work()
    await page.send_json_to({"follow": job})
    frame = await page.receive_json_from(timeout=10)
    assert frame == {"job": job, "finished": True, "done": 3, "of": 3}


def fail_at_the_end(job, progress):
    if "finished" in progress:
        raise ConnectionError("Redis is down")


async def test_a_page_cannot_follow_a_job_that_does_not_exist(page):
    await page.send_json_to({"follow": str(uuid.uuid4())})
    assert "no such job" in (await page.receive_json_from(timeout=10))["error"]


@pytest.mark.parametrize(
    "frame",
    [
        "oi",
        "[]",
        "{}",
        '{"start": 0}',
        '{"start": true}',
        '{"start": "5"}',
        f'{{"start": {MOST_ROWS + 1}}}',
        '{"follow": "x"}',
        '{"follow": 7}',
        "[" * 100_000,
    ],
)
async def test_an_invalid_frame_gets_an_error_and_starts_nothing(page, frame):
    await page.send_to(text_data=frame)
    assert (await page.receive_json_from())["error"]


async def test_a_binary_frame_gets_an_error(page):
    await page.send_to(bytes_data=b'{"start": 5}')
    assert (await page.receive_json_from())["error"]
