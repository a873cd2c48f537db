from django.shortcuts import render

visits = 0


def room(request, room_name):
    global visits
    visits += 1
    return render(request, "chat/room.html", {"room_name": room_name, "visits": visits})
