"""The project. Django imports this first, so that @shared_task finds the Celery app."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
