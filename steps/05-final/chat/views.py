"""The pages of the chat. What carries the messages between them stands elsewhere."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chat.forms import EnterForm, RoomForm
from chat.models import Invite, Room
from chat.presence import people_in
from chat.rooms import tidy
from chat.server import server_label

MOST_NAMES = 10  # of the people in one room, in the lobby


@login_required
def lobby(request):
    """List the rooms; ask for the name of one, then go there."""
    name = tidy(request.GET.get("room", ""))
    rooms = Room.listed_for(request.user)
    if rooms.filter(name=name).exists():
        return redirect("room", name)
    # Who is in a room is for those to know who may enter it.
    may_enter = Room.open_to(request.user).values_list("pk", flat=True)
    people = people_in(list(may_enter))
    for room in rooms:
        names = people.get(room.pk, [])
        room.here = names[:MOST_NAMES]
        room.more = len(names) - len(room.here)
    return render(request, "chat/lobby.html", {"refused": name, "rooms": rooms})


@login_required
def new_room(request):
    """Make a room; whoever makes it is its first member."""
    form = RoomForm(request.POST or None)
    if form.is_valid():
        room = form.save()
        room.members.add(request.user)
        return redirect(room)
    return render(
        request, "registration/form.html", {"title": _("New room"), "form": form}
    )


@login_required
def room(request, room_name):
    """Show the page of a room; its script does the talking."""
    # The same 404 for a room that does not exist and one that is not for you.
    room = get_object_or_404(Room.listed_for(request.user), name=room_name)
    if not Room.open_to(request.user).filter(pk=room.pk).exists():
        return redirect("enter", room.pk)
    context = {
        "room": room,
        "room_name": room.name,
        "server": server_label(request.get_port()),
        "can_invite": room.kind in {Room.Kind.PRIVATE, Room.Kind.TWO},
    }
    return render(request, "chat/room.html", context)


@login_required
def enter(request, pk):
    """Ask for the password of a room; whoever knows it becomes a member."""
    rooms = Room.listed_for(request.user).filter(kind=Room.Kind.PASSWORD)
    room = get_object_or_404(rooms, pk=pk)
    form = EnterForm(room, request.POST or None)
    if form.is_valid():
        room.members.add(request.user)
        return redirect(room)
    title = _("Enter %(room)s") % {"room": room.name}
    context = {"title": title, "form": form}
    return render(request, "registration/form.html", context)


@login_required
@require_POST
def invite(request, pk):
    """Make a link for one more person; show it once."""
    by_invitation = Room.objects.filter(kind__in=[Room.Kind.PRIVATE, Room.Kind.TWO])
    room = get_object_or_404(by_invitation.filter(members=request.user), pk=pk)
    token = None if room.is_full() else Invite.make(room)
    return render(request, "chat/invite.html", {"room": room, "token": token})


def claim(request):
    """Let whoever has an invite into its room.

    The token stands behind the # of the link, which browsers keep to themselves: it
    is in no log. The page's script puts it into the form.
    """
    refused = False
    if request.method == "POST" and request.user.is_authenticated:
        room = Invite.claim(request.POST.get("token", ""), request.user)
        if room is not None:
            return redirect(room)
        refused = True
    return render(request, "chat/claim.html", {"refused": refused})


def add_slash(request, room_name):
    """Lead from /chat/lobby to /chat/lobby/."""
    path, mark, query = request.get_full_path().partition("?")
    return HttpResponseRedirect(f"{path}/{mark}{query}", preserve_request=True)
