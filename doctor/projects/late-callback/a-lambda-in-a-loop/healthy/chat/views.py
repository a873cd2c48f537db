from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.shortcuts import render

from chat.models import Room


def room(request, room_name):
    room, is_new = Room.objects.get_or_create(name=room_name)
    layer = get_channel_layer()
    for other in Room.objects.exclude(pk=room.pk)[:10]:
        event = {"type": "chat.message", "text": f"{other} has a neighbour"}
        transaction.on_commit(
            lambda other=other, event=event: async_to_sync(layer.group_send)(f"room.{other.pk}", event)
        )
    return render(request, "chat/room.html", {"room_name": room_name})
