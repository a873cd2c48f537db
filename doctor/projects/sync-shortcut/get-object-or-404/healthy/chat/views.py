from asgiref.sync import sync_to_async
from django.shortcuts import get_object_or_404, render

from chat.models import Room


async def room(request, room_name):
    await Room.objects.aget_or_create(name=room_name)
    sala = await sync_to_async(get_object_or_404)(Room, name=room_name)
    return render(request, "chat/room.html", {"room_name": sala.name})
