"""What the worker does. It has no socket; it only knows the id of its job."""

import time

from celery import shared_task
from celery.contrib.django.task import DjangoTask

from jobs.progress import publish


class FollowedTask(DjangoTask):
    """A task that reports its end.

    Celery calls these methods once the result is stored. Published from the task itself,
    "finished" would come before that, and a page that connects in between would miss it.
    """

    def on_success(self, retval, task_id, args, kwargs):
        """Report that the job has finished."""
        publish(task_id, {"finished": True} | retval)

    def on_failure(self, exc, task_id, args, kwargs, einfo):
        """Report that the job has failed. Why is in the worker's log, not on the page."""
        publish(task_id, {"failed": True})


@shared_task(bind=True, base=FollowedTask)
def write_report(self, rows):
    """Work on so many rows, and report each."""
    for done in range(1, rows + 1):
        work_on(done)
        progress = {"done": done, "of": rows}
        # Store it for a page that connects later; then send it to those that are here.
        self.update_state(state="PROGRESS", meta=progress)
        publish(self.request.id, progress)
    return progress


def work_on(row):
    """Do what takes time; here, nothing."""
    time.sleep(0.05)
