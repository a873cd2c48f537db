"""What a page gets when it follows a task that the database has, or hasn't."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django_tasks_db.management.commands.db_worker import Worker

from jobs import tasks


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
