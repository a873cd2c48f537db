from django.http import HttpResponseBadRequest
from django.shortcuts import render


def room(request, room_name):
    try:
        data = json.loads(request.body)
    except ValueError:
        return HttpResponseBadRequest()
    return render(request, "chat/room.html", {"room_name": room_name, "data": data})
