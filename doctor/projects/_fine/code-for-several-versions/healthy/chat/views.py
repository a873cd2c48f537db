import sys

import django
from django.shortcuts import render

from chat import models

if django.VERSION < (3, 0):
    from chat.models import OldMessage

    shown = models.OldMessage
elif sys.version_info < (3,):
    shown = unicode


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})
