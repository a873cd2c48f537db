"""The pages of the chat. What carries the messages between them stands elsewhere."""

from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render

from chat.rooms import problem_with, tidy
from chat.server import server_label


def lobby(request):
    """Ask for the name of a room, then go there."""
    name = tidy(request.GET.get("room", ""))
    problem = problem_with(name) if name else None
    if name and not problem:
        return redirect("room", name)
    return render(request, "chat/lobby.html", {"problem": problem})


def room(request, room_name):
    """Show the page of a room; its script does the talking."""
    server = server_label(request.get_port())
    return render(request, "chat/room.html", {"room_name": room_name, "server": server})


def add_slash(request, room_name):
    """Redirect from /chat/lobby to /chat/lobby/."""
    path, mark, query = request.get_full_path().partition("?")
    return HttpResponseRedirect(f"{path}/{mark}{query}", preserve_request=True)
