from django.shortcuts import render


async def room(request, room_name):
    name = "member" if request.user.is_authenticated else "guest"
    return render(request, "chat/room.html", {"room_name": room_name, "name": name})
