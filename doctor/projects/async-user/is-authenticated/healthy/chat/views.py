from django.shortcuts import render


async def room(request, room_name):
    user = await request.auser()
    name = "member" if user.is_authenticated else "guest"
    return render(request, "chat/room.html", {"room_name": room_name, "name": name})
