"""What the consumer asks of Django's tasks: start a job, and say how far one is."""

from django.tasks import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist

from jobs.tasks import write_report


async def start(rows, follow):
    """Put a job into the queue, and call `follow` with its id.

    In this order, because the backend chooses the id. A page reads how far its job is
    once it follows it, so it misses nothing.
    """
    result = await write_report.aenqueue(rows)
    await follow(result.id)


async def state_of(job):
    """Return how far a job is."""
    try:
        result = await write_report.aget_result(job)
    except TaskResultDoesNotExist:
        return {"job": job, "error": "There is no such job."}
    if result.status == TaskResultStatus.SUCCESSFUL:
        return {"job": job, "finished": True} | result.return_value
    if result.status == TaskResultStatus.FAILED:
        return {"job": job, "failed": True}
    return {"job": job, "waiting": True}
