"""`python manage.py backup FILE`: the whole database in one file."""

import os
import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chat import backups


class Command(BaseCommand):
    """Safe while the chat runs: the file holds the database as of one moment."""

    help = "Save the whole database in a file; `restore` brings it back."

    def add_arguments(self, parser):
        """Take the name of the file."""
        parser.add_argument("file", type=Path)

    def handle(self, file, **options):
        """Write to another name first, so that FILE is never half a backup."""
        if file.exists():
            raise CommandError(f"{file} exists already. Nothing was written.")
        if not file.parent.is_dir():
            raise CommandError(f"There is no folder {file.parent}.")
        try:
            part = own_part(file)
        except OSError as problem:
            raise CommandError(f"There is no backup. {problem}") from problem
        try:
            backups.save(part)
            part.replace(file)
        except (backups.BackupError, DatabaseError, OSError) as problem:
            raise CommandError(f"There is no backup. {problem}") from problem
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"Saved in {file}, {file.stat().st_size:,} bytes.")


def own_part(file):
    """Make an empty file beside a backup to be, and return its path.

    Only its owner can read it, because it will contain everyone's messages. Its name is
    unique, so that two backups into one file at once don't mix.
    """
    number, name = tempfile.mkstemp(".part", f"{file.name}.", file.parent)
    os.close(number)
    return Path(name)
