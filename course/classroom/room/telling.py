"""Events to the pages of a class, over the channel layer.

The groups are "phones", "desk" and "screen". An event is a dict with a `kind`; each page
of the group gets it as JSON.
"""

import asyncio

from channels.layers import get_channel_layer

PHONES, DESK, SCREEN = "phones", "desk", "screen"


async def tell(group: str, kind: str, **data) -> None:
    """Send an event to all pages of a group."""
    event = {"type": "tell", "event": {"kind": kind, **data}}
    await get_channel_layer().group_send(group, event)


def tell_from_thread(loop: asyncio.AbstractEventLoop, group: str, kind: str, **data):
    """Do the same from a thread; `loop` is that of the server."""
    return asyncio.run_coroutine_threadsafe(tell(group, kind, **data), loop)
