"""`python manage.py backup FILE`: the whole database in one file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chat import backups


class Command(BaseCommand):
    """Safe while the chat runs: the file has the database as of one moment."""

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
        part = file.with_name(f"{file.name}.part")
        try:
            # It contains everybody's messages, so only its owner may read it.
            part.touch(mode=0o600)
            backups.save(part)
            part.replace(file)
        except (backups.BackupError, DatabaseError, OSError) as problem:
            raise CommandError(f"There is no backup. {problem}") from problem
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"Saved in {file}, {file.stat().st_size:,} bytes.")
