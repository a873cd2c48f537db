"""Asking the database from asynchronous code."""

import asyncio

from asgiref.sync import sync_to_async
from django.db import DatabaseError, OperationalError, connection

# Seconds. A database that has stopped, or whose network drops everything, answers
# nothing at all, not even an error. Longer than its own timeouts (config/settings.py).
PATIENCE = 15


async def ask(work, *arguments):
    """Call a function that uses the database, in the thread that is there for it.

    As Channels' database_sync_to_async, but the connection stays open: that one opens
    and closes it each time, which costs more than most queries here, and has SQLite
    write its log back into its file each time. What has failed is not used again.

    Raises DatabaseError, also when there is no answer in time. What was asked may still
    be done later: the thread waits on, and whoever asks next waits for the thread.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            return await sync_to_async(call)(work, *arguments)
    except TimeoutError as problem:
        message = f"no answer within {PATIENCE} seconds"
        raise OperationalError(message) from problem


def call(work, *arguments):
    """Call a function; if the database fails, use a new connection next time."""
    try:
        return work(*arguments)
    except DatabaseError:
        connection.close()
        raise
