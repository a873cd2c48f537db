"""How a job, in whatever process it runs, reaches the sockets that follow it."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer


def group_of(job):
    """Return the group of the sockets that follow a job."""
    return f"job.{job}"


def publish(job, progress):
    """Send the progress of a job to the sockets that follow it.

    Each event says how far the job is, not how far it moved. So a lost event does no
    harm: the layer delivers at most once, and the next event has the whole truth.
    """
    event = {"type": "job.progress", "progress": {"job": job} | progress}
    # A worker is synchronous. Each call opens a connection to Redis and closes it, so
    # publish a few times a second, not for each of a million rows.
    async_to_sync(get_channel_layer().group_send)(group_of(job), event)
