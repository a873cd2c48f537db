from django.shortcuts import render


def room(request, room_name):
    from chat.models import Mensagem

    last = Mensagem.objects.last()
    return render(request, "chat/room.html", {"room_name": room_name, "last": last})
