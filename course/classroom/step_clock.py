"""One clock for all pages of a class: that of this machine.

`ms` of the wire panel is the time when a message was sent, by the sender's clock,
compared with the time when it is seen, by the reader's. On two machines these differ by
seconds. So each page gets a small script that measures how wrong its own clock is, from
the request that loaded the page, and corrects it: step_static/classroom/clock.js.
"""

import time

from asgiref.sync import iscoroutinefunction
from django.templatetags.static import static
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def one_clock(get_response):
    """Give each page the script, with the times at which we got and answered the request."""
    # Async where the step is: a sync middleware would hold a thread for each long poll.
    if iscoroutinefunction(get_response):

        async def middleware(request):
            received = now()
            return with_clock(await get_response(request), received)

    else:

        def middleware(request):
            received = now()
            return with_clock(get_response(request), received)

    return middleware


def now():
    """Return the time on this machine's clock, in milliseconds since 1970."""
    return time.time() * 1000


def with_clock(response, received):
    """Return a response; if it's a page, with the script before all others."""
    is_page = response.get("Content-Type", "").startswith("text/html")
    if is_page and not response.streaming and b"<head>" in response.content:
        # Kept and shown again, it would carry the times of another request.
        response["Cache-Control"] = "no-store"
        script = (
            f'<head>\n    <script src="{static("classroom/clock.js")}"'
            f' data-received="{received:.1f}" data-sent="{now():.1f}"></script>'
        )
        response.content = response.content.replace(b"<head>", script.encode(), 1)
    return response
