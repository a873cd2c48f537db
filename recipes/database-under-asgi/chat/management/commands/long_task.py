"""A task that never ends, and a database that closes its connection, as a restart does."""

import asyncio

import psycopg
from channels.db import aclose_old_connections
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection

from chat.models import Message

TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


class Command(BaseCommand):
    """Query, lose the connection, and query again, in three ways."""

    help = __doc__

    def handle(self, **options):
        """Print what each query gives."""
        asyncio.run(self.task())

    async def task(self):
        """Do what a background task of a consumer does, faster."""
        await self.query("acount()")
        await asyncio.to_thread(close_from_the_other_end)
        await self.query("acount(), after the restart")
        await self.query("acount(), again")
        await aclose_old_connections()
        await self.query("acount(), after aclose_old_connections()")

    async def query(self, label):
        """Count the messages with the async ORM; print the number or the error."""
        try:
            result = f"{await Message.objects.acount()} messages"
        except OperationalError as problem:
            result = f"OperationalError: {str(problem).splitlines()[0]}"
        self.stdout.write(f"{label}: {result}")


def close_from_the_other_end():
    """Close all other connections to the database."""
    url = "host={HOST} port={PORT} dbname={NAME} user={USER}"
    with psycopg.connect(url.format(**connection.settings_dict)) as other:
        other.execute(TERMINATE)
