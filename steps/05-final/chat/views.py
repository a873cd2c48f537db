"""The pages of the chat. What carries the messages between them stands elsewhere."""

import unicodedata

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render

from chat.models import Room
from chat.server import server_label


@login_required
def lobby(request):
    """List the rooms; ask for the name of one, then go there."""
    name = " ".join(request.GET.get("room", "").split())
    # The same "é" can be typed as one character or as two: make it one room.
    name = unicodedata.normalize("NFC", name)
    rooms = Room.objects.all()
    if not rooms.filter(name=name).exists():
        return render(request, "chat/lobby.html", {"refused": name, "rooms": rooms})
    return redirect("room", name)


@login_required
def room(request, room_name):
    """Show the page of a room; its script does the talking."""
    get_object_or_404(Room, name=room_name)
    server = server_label(request.get_port())
    return render(request, "chat/room.html", {"room_name": room_name, "server": server})


def add_slash(request, room_name):
    """Lead from /chat/lobby to /chat/lobby/."""
    path, mark, query = request.get_full_path().partition("?")
    return HttpResponseRedirect(f"{path}/{mark}{query}", preserve_request=True)
