"""The chat as Django knows it."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the checks that run before the server starts."""

    name = "chat"

    def ready(self):
        """Django has loaded every app."""
        from chat import changes, checks  # noqa: F401
