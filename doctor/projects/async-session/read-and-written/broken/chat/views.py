from django.shortcuts import render


async def room(request, room_name):
    visits = request.session.get("visits", 0) + 1
    return render(request, "chat/room.html", {"room_name": room_name, "visits": visits})
