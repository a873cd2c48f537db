"""How many connections does PostgreSQL have open, besides this one?"""

from django.core.management.base import BaseCommand
from django.db import connection

COUNT = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


class Command(BaseCommand):
    """Count the connections of all processes."""

    help = __doc__

    def handle(self, **options):
        """Print the number."""
        with connection.cursor() as cursor:
            cursor.execute(COUNT)
            self.stdout.write(f"{cursor.fetchone()[0]} connections are open.")
