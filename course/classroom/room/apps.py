"""The app of a class."""

from django.apps import AppConfig


class Room(AppConfig):
    """Its phones, its desk, its projector."""

    name = "course.classroom.room"
    label = "room"
