"""The app of the notifications. It connects the signal when Django starts."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Loads the receiver of the signal."""

    name = "notifications"

    def ready(self):
        """Import the module; its decorator connects the receiver."""
        from notifications import signals  # noqa: F401
