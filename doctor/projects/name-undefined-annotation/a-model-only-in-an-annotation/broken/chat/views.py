from django.shortcuts import render


def last(room_name: str) -> Optional[Message]:
    return None


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})
