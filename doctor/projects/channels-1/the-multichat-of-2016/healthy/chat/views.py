from django.shortcuts import render

from chat.groups import Group, route

try:
    from channels import Channel
except ImportError:
    Channel = None


def room(request, room_name):
    path = route("chat", Group(room_name).name)
    return render(request, "chat/room.html", {"room_name": room_name, "path": path})
