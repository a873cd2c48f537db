from django.db import transaction
from django.shortcuts import render


@transaction.non_atomic_requests
async def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})
