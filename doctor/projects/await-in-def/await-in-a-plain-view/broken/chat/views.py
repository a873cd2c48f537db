from django.shortcuts import render

from chat.models import Message


def room(request, room_name):
    last = await Message.objects.alast()
    return render(request, "chat/room.html", {"room_name": room_name, "last": last})
