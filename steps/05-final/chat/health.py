"""Health checks, for the front server and for deployments."""

import asyncio
import logging

from channels.layers import get_channel_layer
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

LONGEST_ROUND_TRIP = 1  # second
# Seconds. Strangers can ask as often as they like, and each check goes through Redis and
# opens a connection to the database.
GOOD_FOR = 1

last_check = None, None, 0.0  # its event loop, its task, and when it began

log = logging.getLogger(__name__)


def live(request):
    """Report that the process runs. Nothing else is used, so nothing else can fail."""
    return JsonResponse({"status": "ok"})


async def ready(request):
    """Report whether people can be sent here: 200, or 503 without a database.

    Without Redis the chat is degraded, not down: messages are still stored, and people
    still read them. Requests that arrive during a check share its result.
    """
    global last_check
    loop = asyncio.get_running_loop()
    its_loop, check, begun = last_check
    if its_loop is not loop or (check.done() and loop.time() > begun + GOOD_FOR):
        check = asyncio.create_task(check_all())
        last_check = loop, check, loop.time()
    answer, status = await asyncio.shield(check)
    return JsonResponse(answer, status=status)


async def check_all():
    """Check the layer and the database; return the answer and its status."""
    layer = "ok" if await layer_answers() else "degraded"
    try:
        await asyncio.to_thread(ask_database)
    except DatabaseError:
        log.exception("The database does not answer.")
        answer = {"status": "unavailable", "database": "down", "layer": layer}
        return answer, 503
    return {"status": layer, "database": "ok", "layer": layer}, 200


def count(request):
    """Return what this process has counted, in the text format of Prometheus.

    The front server answers 404 instead: only Prometheus may ask, directly.
    """
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def ask_database():
    """Run the simplest query there is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # each thread has its own


async def layer_answers():
    """Send an event through the channel layer and back, on a channel of our own."""
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(LONGEST_ROUND_TRIP):
            # With the usual prefix: the hub, which is already waiting in this process,
            # may receive the event, and the layer passes it on to us.
            channel = await layer.new_channel()
            await layer.send(channel, {"type": "health.check"})
            await layer.receive(channel)
    except Exception as problem:
        log.warning("The channel layer does not answer: %r", problem)
        return False
    return True
