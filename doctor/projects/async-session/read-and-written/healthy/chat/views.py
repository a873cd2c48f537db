from django.shortcuts import render


async def room(request, room_name):
    await request.auser()  # reads the session, too
    visits = request.session.get("visits", 0) + 1
    request.session["visits"] = visits
    return render(request, "chat/room.html", {"room_name": room_name, "visits": visits})
