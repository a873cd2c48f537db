"""The chat in the admin: all rooms, and who is a member."""

from django.contrib import admin

from chat.forms import RoomForm
from chat.models import Room


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """A room is made with the same form as in the lobby, and has members besides."""

    form = RoomForm
    fields = ["name", "kind", "password", "members"]
    filter_horizontal = ["members"]
    list_display = ["name", "kind"]
    list_filter = ["kind"]
    search_fields = ["name"]
