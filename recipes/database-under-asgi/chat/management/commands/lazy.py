"""What happens to a query that runs only after the thread for queries is done?"""

import asyncio

from channels.db import database_sync_to_async
from django.contrib.auth.models import Permission
from django.core.exceptions import SynchronousOnlyOperation
from django.core.management.base import BaseCommand

from chat.models import Message


@database_sync_to_async
def lazy_messages():
    """Wrong: a QuerySet asks the database only when something reads it."""
    return Message.objects.filter(room="class")


@database_sync_to_async
def messages():
    """Right: list() asks here, in the thread."""
    return list(Message.objects.filter(room="class"))


@database_sync_to_async
def permission():
    """Wrong for `.content_type`: a foreign key is a query of its own."""
    return Permission.objects.first()


@database_sync_to_async
def permission_with_type():
    """Right: select_related() fetches the other row in the same query."""
    return Permission.objects.select_related("content_type").first()


class Command(BaseCommand):
    """Read each result in async code."""

    help = __doc__

    def handle(self, **options):
        """Print what reading gives."""
        asyncio.run(self.read())

    async def read(self):
        """Read as a consumer would."""
        queryset = await lazy_messages()
        self.attempt("a QuerySet", lambda: list(queryset))
        found = await messages()
        self.attempt("a list", lambda: found)
        one = await permission()
        self.attempt("a foreign key", lambda: one.content_type.model)
        one = await permission_with_type()
        self.attempt("with select_related", lambda: one.content_type.model)

    def attempt(self, label, read):
        """Print what reading gives: a value, or an error."""
        try:
            result = read()
        except SynchronousOnlyOperation as problem:
            result = f"{type(problem).__name__}: {problem}"
        self.stdout.write(f"{label}: {result}")
