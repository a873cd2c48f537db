"""`python manage.py restore FILE`: the database as it was when FILE was made."""

import sqlite3
from pathlib import Path

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from chat import backups
from chat.changes import publish
from chat.models import Room


class Command(BaseCommand):
    """Works while the chat runs. Everything newer than the backup is lost."""

    help = "Replace the whole database by a backup that `backup` has made."

    def add_arguments(self, parser):
        """Take the name of the file."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--yes", action="store_true", help="don't ask before everything is replaced"
        )

    def handle(self, file, *, yes, verbosity, **options):
        """Replace everything or nothing; then let processes and pages start over."""
        try:
            backups.engine_of(file)
            if not yes:
                self.ask(file)
            alive = session_keys()
            backups.bring_back(file)
        except (backups.BackupError, DatabaseError, sqlite3.Error) as problem:
            raise CommandError(f"Nothing was changed. {problem}") from problem
        # A backup may be older than the code.
        call_command("migrate", verbosity=0, interactive=False)
        end_sessions(session_keys() - alive)
        # Processes and pages have newer messages in memory, whose numbers will be used
        # again. A new history id makes them start over.
        Room.renew_epochs()
        publish()  # so that they notice now, not at their next check
        self.stdout.write(f"The database is as it was in {file}.")

    def ask(self, file):
        """Ask before everything is replaced."""
        try:
            answer = input(f"Replace the whole database by {file}? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed. Answer y, or add --yes.")


def session_keys():
    """Return the keys of all sessions; none if the database is still empty."""
    if Session._meta.db_table not in connection.introspection.table_names():
        return set()
    return set(Session.objects.values_list("pk", flat=True))


def end_sessions(keys):
    """End the sessions that had already ended before the restore, such as by a log-out."""
    keys = list(keys)
    for start in range(0, len(keys), 500):
        Session.objects.filter(pk__in=keys[start : start + 500]).delete()
