from channels.layers import get_channel_layer
from django.shortcuts import render


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})


def announce(text):
    layer = get_channel_layer()
    layer.group_send("all", {"type": "chat.message", "text": text})
