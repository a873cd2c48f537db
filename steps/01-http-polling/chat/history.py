"""Stores messages, finds them, and waits for new ones."""

import time

from chat.models import Message
from chat.notifier import Notifier

MOST_MESSAGES = 100  # in one response; a client that gets this many asks again at once
CHECK_EVERY = 1  # second; other processes store messages too, and can't notify us

notifier = Notifier()


def store(room_name, server, message):
    """Store a message, and wake the requests that wait for one."""
    stored = Message.objects.create(room=room_name, server=server, **message)
    notifier.notify()
    return stored


def wait_for_messages(room_name, after, seconds):
    """Return the messages after the id `after`; wait up to `seconds` for the first."""
    deadline = time.monotonic() + seconds
    while True:
        seen = notifier.count  # before the query; Notifier says why
        found = find_messages(room_name, after)
        left = deadline - time.monotonic()
        if found or left <= 0:
            return found
        notifier.wait(seen, min(left, CHECK_EVERY))


def find_messages(room_name, after):
    """Return the messages of a room after the id `after`, oldest first."""
    found = Message.objects.filter(room=room_name, id__gt=after)
    return list(found.order_by("id")[:MOST_MESSAGES])


def find_newest(room_name):
    """Return the newest messages of a room, oldest first."""
    found = Message.objects.filter(room=room_name).order_by("-id")
    return list(found[:MOST_MESSAGES])[::-1]
