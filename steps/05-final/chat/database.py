"""Asking the database from asynchronous code."""

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection


async def ask(work, *arguments):
    """Call a function that uses the database, in the thread that is there for it.

    As Channels' database_sync_to_async, but the connection stays open: that one opens
    and closes it each time, which costs more than most queries here, and has SQLite
    write its log back into its file each time. What has failed is not used again.
    """
    return await sync_to_async(call)(work, *arguments)


def call(work, *arguments):
    """Call a function; if the database fails, begin with a new connection next time."""
    try:
        return work(*arguments)
    except DatabaseError:
        connection.close()
        raise
