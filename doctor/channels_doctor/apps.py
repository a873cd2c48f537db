"""For INSTALLED_APPS: adds the doctor to Django's own system checks."""

from django.apps import AppConfig


class DoctorConfig(AppConfig):
    """Registers the check; there are no models."""

    name = "channels_doctor"
    verbose_name = "Channels doctor"

    def ready(self) -> None:
        """Register the check."""
        from django.core import checks

        from channels_doctor.django_checks import TAG, examine_this_project

        checks.register(examine_this_project, TAG)
