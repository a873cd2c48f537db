"""`manage.py token NAME`: print a token, as your API would return it after a login."""

from django.core.management.base import BaseCommand

from chat.tokens import token_for


class Command(BaseCommand):
    """Prints a token that is valid for an hour."""

    help = __doc__

    def add_arguments(self, parser):
        """Take the name of a person."""
        parser.add_argument("name")

    def handle(self, name, **options):
        """Print the token."""
        self.stdout.write(token_for(name))
