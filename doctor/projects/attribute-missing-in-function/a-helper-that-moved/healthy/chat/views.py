from django.shortcuts import render

from . import consumers


def room(request, room_name):
    name = consumers.group_name_of(room_name)
    return render(request, "chat/room.html", {"room_name": room_name, "group": name})


def later(consumers):
    return consumers.anything
