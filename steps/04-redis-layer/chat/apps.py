"""Configures the app, which INSTALLED_APPS lists as "chat"."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the checks that run before the server starts."""

    name = "chat"

    def ready(self):
        """Register the checks by importing them. Django has loaded every app by now."""
        from chat import checks  # noqa: F401
