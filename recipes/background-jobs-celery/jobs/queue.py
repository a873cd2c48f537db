"""What the consumer asks of Celery: start a job, and say how far one is."""

import uuid

from asgiref.sync import sync_to_async
from celery.result import AsyncResult

from jobs.tasks import write_report


async def start(rows, follow):
    """Put a job into the queue, after calling `follow` with its id.

    In this order, because a quick job could be over before its page follows it.
    """
    job = str(uuid.uuid4())
    await follow(job)
    # In a thread: Celery's calls to the broker are synchronous.
    put_into_queue = sync_to_async(write_report.apply_async)
    await put_into_queue(args=[rows], task_id=job)


@sync_to_async
def state_of(job):
    """Return how far a job is. Celery can't tell a job that waits from an unknown one."""
    result = AsyncResult(job)
    state, info = result.state, result.info
    if state == "SUCCESS":
        return {"job": job, "finished": True} | info
    if state == "FAILURE":
        return {"job": job, "failed": True}
    if state == "PROGRESS":
        return {"job": job} | info
    return {"job": job, "waiting": True}
