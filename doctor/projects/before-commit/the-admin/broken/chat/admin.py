from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib import admin

from chat.models import Room


class RoomAdmin(admin.ModelAdmin):
    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        layer = get_channel_layer()
        async_to_sync(layer.group_send)("lobby", {"type": "chat.message", "text": "!"})


admin.site.register(Room, RoomAdmin)
