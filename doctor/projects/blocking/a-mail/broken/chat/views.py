from django.core.mail import send_mail
from django.shortcuts import render


async def room(request, room_name):
    send_mail("Hello", room_name, None, ["ana@example.com"], fail_silently=True)
    return render(request, "chat/room.html", {"room_name": room_name})
