from django.shortcuts import render


async def room(request, room_name):
    request.user = await request.auser()
    return render(request, "chat/room.html", await words(request, room_name))


async def words(request, room_name):
    return {"room_name": room_name, "name": request.user.username}
