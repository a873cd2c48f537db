"""What a page gets when it follows a job of Celery by its id."""

import uuid

from asgiref.sync import sync_to_async

from jobs import tasks


async def test_a_job_that_fails_says_so_but_not_why(page, monkeypatch):
    def fail(row):
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(tasks, "work_on", fail)
    job = str(uuid.uuid4())
    await page.send_json_to({"follow": job})
    assert await page.receive_json_from(timeout=10) == {"job": job, "waiting": True}
    await sync_to_async(tasks.write_report.apply)([3], task_id=job)
    assert await page.receive_json_from(timeout=10) == {"job": job, "failed": True}


async def test_a_page_follows_one_job_at_a_time(page):
    jobs = [str(uuid.uuid4()) for _ in range(2)]
    for job in jobs:
        await page.send_json_to({"follow": job})
        assert (await page.receive_json_from(timeout=10))["job"] == job
    for job in jobs:
        await sync_to_async(tasks.publish)(job, {"done": 1, "of": 2})
    assert (await page.receive_json_from(timeout=10))["job"] == jobs[1]
    assert await page.receive_nothing()
