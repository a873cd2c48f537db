from django.http import HttpResponseBadRequest
from django.shortcuts import render

try:
    import orjson as json
except ImportError:
    import json


def room(request, room_name):
    try:
        data = json.loads(request.body or "{}")
    except ValueError:
        return HttpResponseBadRequest()
    return render(request, "chat/room.html", {"room_name": room_name, "data": data})
