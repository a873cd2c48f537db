"""The chat in the admin: rooms are made here."""

from django.contrib import admin

from chat.models import Room

admin.site.register(Room)
