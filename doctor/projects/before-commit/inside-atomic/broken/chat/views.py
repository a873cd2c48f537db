from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.transaction import atomic as transacao
from django.shortcuts import render

from chat.models import Room


def room(request, room_name):
    with transacao():
        room, is_new = Room.objects.get_or_create(name=room_name)
        if is_new:
            event = {"type": "chat.message", "text": "A new room"}
            async_to_sync(get_channel_layer().group_send)("lobby", event)
    return render(request, "chat/room.html", {"room_name": room_name})
