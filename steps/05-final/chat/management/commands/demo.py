"""`python manage.py demo`: people and rooms to try the chat with."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from chat.models import Room

PASSWORD = "let-me-chat"
PEOPLE = ["ana", "bia", "caio"]
TEACHER = "teacher"
ROOMS = ["class", "café com leite"]


class Command(BaseCommand):
    """For the classroom only, because anyone can read the password above."""

    help = "Make the people and the rooms of the demonstration."

    def handle(self, **options):
        """Make the people and rooms that are missing, and print how to log in."""
        if not settings.DEBUG:
            raise CommandError("Not on a public server: anyone can read the password.")
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
