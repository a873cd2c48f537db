"""Configures the app, which INSTALLED_APPS lists as "chat"."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the checks that run before the server starts."""

    name = "chat"

    def ready(self):
        """Register signals and checks by importing them. Django has loaded every app now."""
        from chat import changes, checks  # noqa: F401
