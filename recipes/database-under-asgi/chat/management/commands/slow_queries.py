"""How long do ten queries of 0.2 seconds take that are awaited at the same time?"""

import asyncio
import time

from channels.db import database_sync_to_async
from django.core.management.base import BaseCommand
from django.db import connection

COUNT = 10


def slow():
    """Keep a connection busy, as a query without an index does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")


async def at_once(query):
    """Return how long it takes until all have been answered."""
    start = time.perf_counter()
    await asyncio.gather(*(query() for _ in range(COUNT)))
    return time.perf_counter() - start


class Command(BaseCommand):
    """Try it in the one thread, and in several."""

    help = __doc__

    def handle(self, **options):
        """Print both times."""
        for sensitive in (True, False):
            query = database_sync_to_async(slow, thread_sensitive=sensitive)
            seconds = asyncio.run(at_once(query))
            self.stdout.write(f"thread_sensitive={sensitive}: {seconds:.1f} s")
