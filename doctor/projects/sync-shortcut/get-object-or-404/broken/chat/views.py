from django.shortcuts import get_object_or_404, render

from chat.models import Room


async def room(request, room_name):
    sala = get_object_or_404(Room, name=room_name)
    return render(request, "chat/room.html", {"room_name": sala.name})
