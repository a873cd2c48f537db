"""What the worker does. It has no socket; it only knows the id of its job."""

import logging
import time

from django.dispatch import receiver
from django.tasks import TaskResultStatus, task
from django.tasks.signals import task_finished

from jobs.progress import publish

logger = logging.getLogger(__name__)


@task(takes_context=True)
def write_report(context, rows):
    """Work on so many rows, and report each."""
    progress = {}
    for done in range(1, rows + 1):
        work_on(done)
        progress = {"done": done, "of": rows}
        # A task of Django has a result, but no place for what comes before it. A page
        # that connects later gets the next row, and that is soon enough.
        publish(context.task_result.id, progress)
    return progress


@receiver(task_finished)
def publish_the_end(task_result, **kwargs):
    """Report how a job has ended. The signal comes when the result is stored."""
    if task_result.status == TaskResultStatus.SUCCESSFUL:
        end = {"finished": True} | task_result.return_value
    else:
        end = {"failed": True}  # why is in the worker's log, not on the page
    try:
        publish(task_result.id, end)
    except Exception:
        # An error here would make a failure of a job that succeeded.
        logger.exception("Could not publish the end of job %s", task_result.id)


def work_on(row):
    """Do what takes time; here, nothing."""
    time.sleep(0.05)
