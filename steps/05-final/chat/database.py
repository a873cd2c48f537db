"""Using the database from asynchronous code."""

import asyncio

from asgiref.sync import sync_to_async
from django.db import DatabaseError, OperationalError, connection

# Seconds. A database that hangs, or that the network no longer reaches, doesn't answer
# at all, not even with an error. Longer than its own timeouts (config/settings.py).
PATIENCE = 15


async def ask(work, *arguments):
    """Call a function that uses the database, in the thread for such calls.

    Like Channels' database_sync_to_async, but the connection stays open, unless it
    fails. Opening and closing it each time would cost more than most queries here, and
    have SQLite write its log back into its file each time.

    Raises DatabaseError, also if there is no answer in time. The call may still succeed
    later: its thread keeps waiting, and the next caller waits for the thread.
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
