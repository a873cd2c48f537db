from asgiref.sync import sync_to_async
from django.core.mail import send_mail
from django.shortcuts import render


async def room(request, room_name):
    await sync_to_async(send_mail)("Hello", room_name, None, ["ana@example.com"])
    return render(request, "chat/room.html", {"room_name": room_name})
