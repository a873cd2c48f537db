from django.shortcuts import render


async def room(request, room_name):
    name = "guest"
    if request.user.is_authenticated:
        name = "member"
    return render(request, "chat/room.html", {"room_name": room_name, "name": name})
