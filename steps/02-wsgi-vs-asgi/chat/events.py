"""Server-Sent Events: one request stays open, and the server writes into its answer.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json

from django.http import JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from chat import history
from chat.messages import BadMessage
from chat.polling import read_number

KEEP_ALIVE = 15  # seconds; a write finds out whether the listener is still there


@require_GET
async def events(request, room_name):
    """Stream the messages of a room that follow the message `after`, as they come."""
    # A browser that reconnects by itself says what it has seen: nothing gets lost.
    after = request.headers.get("Last-Event-ID", request.GET.get("after", 0))
    try:
        stream = follow(room_name, read_number("after", after))
    except BadMessage as problem:
        return JsonResponse({"error": str(problem)}, status=400)
    if not hasattr(request, "scope"):
        stream = hold_a_thread_for(stream)
    headers = {"Cache-Control": "no-store"}
    return StreamingHttpResponse(
        stream, content_type="text/event-stream", headers=headers
    )


async def follow(room_name, after):
    """Yield every message after `after`, for as long as somebody listens."""
    yield ": listening\n\n"  # at once, so that the listener knows it has connected
    while True:
        found = await history.wait_for_messages(room_name, after, KEEP_ALIVE)
        for message in found:
            yield f"id: {message.id}\ndata: {json.dumps(message.as_json())}\n\n"
            after = message.id
        if not found:
            yield ": still here\n\n"


def hold_a_thread_for(stream):
    """Yield the same, for WSGI: the thread waits for each part, until the last."""
    with asyncio.Runner() as runner:
        try:
            while True:
                yield runner.run(next_part(stream))
        finally:
            runner.run(stream.aclose())


async def next_part(stream):
    """Return the next part of a stream that never ends."""
    return await anext(stream)
