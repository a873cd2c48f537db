"""The pages of rooms. Their messages use WebSockets: see chat/consumers.py."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat.forms import EnterForm, RoomForm
from chat.models import Invite, Room
from chat.server import server_label
from chat.throttle import limit_guesses

MOST_INVITES = 100  # unused ones of one person: more than a class needs


# Otherwise the next person at this computer could see it with the Back button.
@never_cache
@login_required
def new_room(request):
    """Make a room; the person who makes it is its first member."""
    form = RoomForm(request.POST or None, user=request.user)
    if request.method == "POST":
        form.hash_password()
        try:
            room = make_room(form, request.user)
        except IntegrityError:
            # Somebody has just made a room with that name, and now the form sees it.
            form, former = RoomForm(request.POST, user=request.user), form
            form.hashed = former.hashed
            room = make_room(form, request.user)
        if room is not None:
            return redirect(room)
    return render(
        request, "registration/form.html", {"title": _("New room"), "form": form}
    )


@transaction.atomic
def make_room(form, user):
    """Make the room that a form asks for; return None if the form is invalid."""
    # Locked, so that the second request of a double click finds the first one's room.
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
    if not form.is_valid():
        return None
    room = form.save()
    room.members.add(user)
    return room


@never_cache
@login_required
def room(request, room_name):
    """Show the page of a room, found by its slug."""
    # The same 404 for a room that doesn't exist and one that isn't for you.
    room = get_object_or_404(Room.listed_for(request.user).at(room_name))
    if not Room.open_to(request.user).filter(pk=room.pk).exists():
        return redirect("enter", room.pk)
    context = {
        "room": room,
        "room_name": room.name,
        "server": server_label(request.get_port()),
        "can_invite": room.is_by_invitation(),
        "has_members": room.kind != Room.Kind.OPEN,
    }
    return render(request, "chat/room.html", context)


@never_cache
@login_required
@limit_guesses
def enter(request, pk):
    """Ask for the password of a room; make the person who knows it a member."""
    rooms = Room.listed_for(request.user).filter(kind=Room.Kind.PASSWORD)
    room = get_object_or_404(rooms, pk=pk)
    form = EnterForm(room, request.POST or None)
    if form.is_valid():
        room.members.add(request.user)
        return redirect(room)
    title = _("Enter %(room)s") % {"room": room.name}
    context = {"title": title, "form": form}
    return render(request, "registration/form.html", context)


@never_cache
@login_required
@require_POST
def invite(request, pk):
    """Make a link for one more person, and show it this once."""
    by_invitation = Room.objects.filter(kind__in=[Room.Kind.PRIVATE, Room.Kind.TWO])
    room = get_object_or_404(by_invitation.filter(members=request.user), pk=pk)
    context = {"room": room, "too_many": Invite.unused_of(request.user) >= MOST_INVITES}
    if not room.is_full() and not context["too_many"]:
        context["token"] = Invite.make(room, request.user)
    return render(request, "chat/invite.html", context)


@never_cache
def claim(request):
    """Let a person with an invite into the room.

    The token comes after the # of the link. Browsers don't send that part, so no log
    contains it. The page's script puts the token into the form.
    """
    refused = False
    if request.method == "POST" and request.user.is_authenticated:
        room = Invite.claim(request.POST.get("token", ""), request.user)
        if room is not None:
            return redirect(room)
        refused = True
    return render(request, "chat/claim.html", {"refused": refused})


def add_slash(request, room_name):
    """Redirect from /chat/lobby to /chat/lobby/."""
    path, mark, query = request.get_full_path().partition("?")
    return HttpResponseRedirect(f"{path}/{mark}{query}", preserve_request=True)
