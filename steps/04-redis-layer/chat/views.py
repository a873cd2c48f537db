"""The chat's pages. They arrive without messages; a script in the page gets those."""

from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render

from chat.rooms import problem_with, tidy
from chat.server import server_label


def lobby(request):
    """Show the lobby, or redirect to the room that was typed there."""
    name = tidy(request.GET.get("room", ""))
    problem = problem_with(name) if name else None
    if name and not problem:
        return redirect("room", name)
    return render(request, "chat/lobby.html", {"problem": problem})


def room(request, room_name):
    """Show the page of a room."""
    server = server_label(request.get_port())
    return render(request, "chat/room.html", {"room_name": room_name, "server": server})


def add_slash(request, room_name):
    """Redirect /chat/class to /chat/class/, and keep the method, query and body."""
    path, mark, query = request.get_full_path().partition("?")
    return HttpResponseRedirect(f"{path}/{mark}{query}", preserve_request=True)
