from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.shortcuts import render


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})


def announce(text):
    layer = get_channel_layer()
    async_to_sync(layer.group_send)("all", {"type": "chatMessage", "text": text})
