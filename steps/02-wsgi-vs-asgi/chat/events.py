"""Server-Sent Events: the server keeps adding to one response that never ends.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json

from django.http import JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from chat import history
from chat.messages import BadMessage
from chat.polling import read_number

KEEP_ALIVE = 15  # seconds without a message; a write shows if the client is still there


@require_GET
async def events(request, room_name):
    """Stream the messages of a room after the id `after`, each as soon as it's stored."""
    # A browser reconnects automatically and sends the last id it got: no gap, no repeat.
    after = request.headers.get("Last-Event-ID", request.GET.get("after", 0))
    try:
        stream = follow(room_name, read_number("after", after))
    except BadMessage as problem:
        return JsonResponse({"error": str(problem)}, status=400)
    if not hasattr(request, "scope"):
        stream = hold_a_thread_for(stream)  # under WSGI
    headers = {"Cache-Control": "no-store"}
    return StreamingHttpResponse(
        stream, content_type="text/event-stream", headers=headers
    )


async def follow(room_name, after):
    """Yield every message after the id `after`, until the client disconnects."""
    # A colon begins a comment. Sent at once, so the page knows that it's connected.
    yield ": listening\n\n"
    while True:
        found = await history.wait_for_messages(room_name, after, KEEP_ALIVE)
        for message in found:
            yield f"id: {message.id}\ndata: {json.dumps(message.as_json())}\n\n"
            after = message.id
        if not found:
            yield ": still here\n\n"


def hold_a_thread_for(stream):
    """Yield the same parts under WSGI: this thread waits for each of them, to the end."""
    with asyncio.Runner() as runner:
        try:
            while True:
                yield runner.run(next_part(stream))
        finally:
            runner.run(stream.aclose())


async def next_part(stream):
    """Return the next part, as a coroutine: Runner.run() doesn't accept a bare anext()."""
    return await anext(stream)
