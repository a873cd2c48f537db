"""A socket that starts jobs and follows them."""

import json
import uuid

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from jobs import queue
from jobs.progress import group_of

MOST_ROWS = 1000


class JobConsumer(AsyncJsonWebsocketConsumer):
    """Takes `{"start": 30}` or `{"follow": "…"}`, and sends the progress of that job."""

    group = None

    async def disconnect(self, code):
        """Stop following. The job goes on without us."""
        await self.unfollow()

    async def receive(self, text_data=None, bytes_data=None):
        """Start a job, or follow one that a page started before it was reloaded."""
        try:
            rows, job = read_request(text_data)
        except ValueError as problem:
            await self.send_json({"error": str(problem)})
            return
        if rows:
            # Here is the place to check that this person may start a job.
            await queue.start(rows, self.follow)
        else:
            await self.follow(job)

    async def follow(self, job):
        """Join the group of a job, and send how far it is."""
        await self.unfollow()
        self.group = group_of(job)
        # Join first, then read: the other way round, the last event could fall into the
        # gap, and the page would wait for ever.
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.send_json(await queue.state_of(job))

    async def unfollow(self):
        """Leave the group of the job, if there is one."""
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def job_progress(self, event):
        """Handle "job.progress" events: pass it to the page."""
        await self.send_json(event["progress"])


def read_request(frame):
    """Return the number of rows of a new job and None, or 0 and the id of an old one."""
    try:
        content = json.loads(frame)
    except (TypeError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ValueError('Send {"start": 30} or {"follow": "…"}.')
    if "start" in content:
        rows = content["start"]
        if type(rows) is not int or not 1 <= rows <= MOST_ROWS:
            raise ValueError(f'"start" must be a number from 1 to {MOST_ROWS}.')
        return rows, None
    try:
        # Only its owner knows a random id. And a group may not have just any name.
        return 0, str(uuid.UUID(content.get("follow")))
    except (TypeError, ValueError, AttributeError):
        raise ValueError('"follow" must be the id of a job.') from None
