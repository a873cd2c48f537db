from django.shortcuts import render

from chat.models import Message


async def room(request, room_name):
    old = [one async for one in Message.objects.filter(room__name=room_name)]
    return render(request, "chat/room.html", {"room_name": room_name, "old": old})
