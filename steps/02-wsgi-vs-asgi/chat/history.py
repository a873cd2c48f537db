"""What was said in the rooms, and waiting for what will be said."""

import time

from chat.bell import Bell
from chat.models import Message

MOST_MESSAGES = 100  # in one answer; whoever gets that many asks again at once
LOOK_AGAIN = 1  # second; the bell does not ring for messages of another process

bell = Bell()


async def store(room_name, server, message):
    """Store a message and wake those who wait for one."""
    stored = await Message.objects.acreate(room=room_name, server=server, **message)
    bell.ring()
    return stored


async def wait_for_messages(room_name, after, seconds):
    """Return the messages after `after`; wait for the first one if there is none."""
    give_up = time.monotonic() + seconds
    while True:
        heard = bell.rings
        found = await find_messages(room_name, after)
        left = give_up - time.monotonic()
        if found or left <= 0:
            return found
        await bell.wait(heard, min(left, LOOK_AGAIN))


async def find_messages(room_name, after):
    """Return the messages of a room that follow the message `after`, oldest first."""
    found = Message.objects.filter(room=room_name, id__gt=after)
    return [message async for message in found.order_by("id")[:MOST_MESSAGES]]


async def find_newest(room_name):
    """Return the last messages of a room, oldest first."""
    found = Message.objects.filter(room=room_name).order_by("-id")
    return [message async for message in found[:MOST_MESSAGES]][::-1]
