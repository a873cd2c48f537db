import json

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.shortcuts import render
from django.utils.safestring import mark_safe


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": mark_safe(json.dumps(room_name))})


def announce(text):
    layer = get_channel_layer()
    async_to_sync(layer.group_send)("all", {"type": "chat.message", "text": text})
