"""The app of the jobs. It connects the signal, in the servers and in the worker."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Loads the receiver of the signal."""

    name = "jobs"

    def ready(self):
        """Import the module; its decorator connects the receiver."""
        from jobs import tasks  # noqa: F401
