from django.shortcuts import render

try:
    from chat.models import Attachment
except ImportError:
    Attachment = None


def room(request, room_name):
    from chat.models import Message

    last = Message.objects.last()
    return render(request, "chat/room.html", {"room_name": room_name, "last": last})
