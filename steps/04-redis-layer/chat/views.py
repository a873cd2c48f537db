"""The pages of the chat. What carries the messages between them stands elsewhere."""

import unicodedata

from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render

from chat.server import server_label


def lobby(request):
    """Ask for the name of a room, then go there."""
    name = " ".join(request.GET.get("room", "").split())
    # The same "é" can be typed as one character or as two: make it one room.
    name = unicodedata.normalize("NFC", name)
    if name in {"", ".", ".."}:  # browsers take the dots out of an address
        return render(request, "chat/lobby.html", {"refused": name})
    return redirect("room", name)


def room(request, room_name):
    """Show the page of a room; its script does the talking."""
    server = server_label(request.get_port())
    return render(request, "chat/room.html", {"room_name": room_name, "server": server})


def add_slash(request, room_name):
    """Lead from /chat/lobby to /chat/lobby/."""
    path, mark, query = request.get_full_path().partition("?")
    return HttpResponseRedirect(f"{path}/{mark}{query}", preserve_request=True)
