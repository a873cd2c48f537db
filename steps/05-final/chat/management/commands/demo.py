"""`python manage.py demo`: people and rooms to try the chat with."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from chat import slips
from chat.models import Room

PASSWORD = "let-me-chat"
PEOPLE = ["ana", "bia", "caio"]
TEACHER = "teacher"
ROOMS = ["class", "café com leite"]
MOST = 500  # accounts for a class


class Command(BaseCommand):
    """For the classroom only, because anyone can read the password above."""

    help = "Make the people and the rooms of the demonstration."

    def add_arguments(self, parser):
        """Add what makes accounts for a whole class."""
        parser.add_argument(
            "--people",
            type=int,
            default=0,
            metavar="N",
            help="make N accounts for a class, too, each with a password of its own",
        )
        parser.add_argument(
            "--html",
            type=Path,
            metavar="FILE",
            help="write these accounts as slips to print, instead of a table",
        )
        parser.add_argument(
            "--address",
            default="http://127.0.0.1:8005/",
            help="where the class finds the chat, for the slips",
        )

    def handle(self, **options):
        """Make the people and rooms that are missing, and print how to log in."""
        if not settings.DEBUG:
            raise CommandError("Not on a public server: anyone can read the password.")
        self.refuse_what_cannot_be(options["people"], options["html"])
        for name in [*PEOPLE, TEACHER]:
            teaches = name == TEACHER
            rights = {"is_staff": teaches, "is_superuser": teaches}
            person, _ = get_user_model().objects.get_or_create(
                username=name, defaults=rights
            )
            if not person.check_password(PASSWORD):
                person.set_password(PASSWORD)
                person.save()
        for name in ROOMS:
            Room.objects.get_or_create(slug=name, defaults={"name": name})
        self.stdout.write(
            f"Log in as {', '.join(PEOPLE)}, or as {TEACHER} to make rooms at /admin/."
            f' They all have the password "{PASSWORD}".'
        )
        if options["people"]:
            self.make_class(options["people"], options["html"], options["address"])

    def refuse_what_cannot_be(self, count, file):
        """Raise CommandError before anything is made."""
        if not 0 <= count <= MOST:
            raise CommandError(f"--people takes a number from 1 to {MOST}.")
        if file and file.exists():
            raise CommandError(f"{file} exists. Name another file, or delete it.")

    def make_class(self, count, file, address):
        """Make accounts for a class, and print them or write slips."""
        try:
            with transaction.atomic():  # no file, no accounts: they'd be without slips
                passwords = slips.make_accounts(count)
                if file and passwords:
                    file.write_text(slips.as_page(passwords, address), "utf-8")
        except OSError as problem:
            raise CommandError(f"{file} cannot be written: {problem}") from None
        if passwords and file:
            said = f"{len(passwords)} slips are in {file}. Print it, then delete it."
            self.stdout.write(said)
        elif passwords:
            self.stdout.write(slips.as_table(passwords))
        kept = count - len(passwords)
        if kept:
            self.stdout.write(
                f"{kept} of the {count} accounts existed, and keep their passwords."
                " Set another with: python manage.py changepassword NAME"
            )
