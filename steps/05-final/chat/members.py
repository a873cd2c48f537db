"""Who is a member of a room, and how a member leaves it."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from chat.models import Room


def room_of(user, pk):
    """Return a room that the person is a member of, or answer with a 404.

    A room that is open to all has no members: it has those who happen to be there.
    """
    rooms = Room.objects.exclude(kind=Room.Kind.OPEN).filter(members=user)
    return get_object_or_404(rooms.select_related("made_by"), pk=pk)


@never_cache
@login_required
def members(request, pk):
    """List the members of a room."""
    room = room_of(request.user, pk)
    people = room.members.order_by("username")
    return render(request, "chat/members.html", {"room": room, "people": people})


@never_cache
@login_required
def leave(request, pk):
    """Say what leaving means, then leave."""
    room = room_of(request.user, pk)
    if request.method == "POST":
        # The other members may have left since the page said what would happen.
        if Room.leave(pk, request.user, may_end="end" in request.POST):
            return redirect("lobby")
    ends = room.ends_without(request.user)
    return render(request, "chat/leave.html", {"room": room, "ends": ends})
