"""The list of rooms, with what is going on in each."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F
from django.shortcuts import redirect, render
from django.utils.text import Truncator
from django.views.decorators.cache import never_cache

from chat.models import Message, Room
from chat.presence import people_in
from chat.rooms import tidy
from chat.unread import unread_for

MOST_NAMES = 10  # of people in a room
ROOMS_ON_A_PAGE = 50
MOST_OF_A_NAME = 100  # characters shown of what somebody typed


# Otherwise the next person at this computer could see it with the Back button.
@never_cache
@login_required
def lobby(request):
    """List the rooms; ask for the name of one, then go there."""
    name = tidy(request.GET.get("room", ""))
    listed = Room.listed_for(request.user)
    found = list(listed.named(name)[:ROOMS_ON_A_PAGE]) if name else []
    if len(found) == 1:
        return redirect(found[0])
    page = Paginator(found or listed, ROOMS_ON_A_PAGE).get_page(request.GET.get("page"))
    note_activity(page.object_list, request.user)
    refused = Truncator(name).chars(MOST_OF_A_NAME) if not found else ""
    return render(request, "chat/lobby.html", {"refused": refused, "rooms": page})


def note_activity(rooms, user):
    """Add to each room who is there, how much is new to this person and the last message.

    Only for rooms that the person may enter. The number of queries doesn't depend on the
    number of rooms.
    """
    may_enter = Room.open_to(user).filter(pk__in=[room.pk for room in rooms])
    pks = list(may_enter.values_list("pk", flat=True))
    people = people_in(pks)
    # Not for a room that the person has open in another window.
    elsewhere = [pk for pk in pks if user.get_username() not in people[pk]]
    unread = unread_for(user, elsewhere)
    newest = Message.objects.filter(room__in=pks, seq=F("room__last_seq"))
    last = {message.room_id: message for message in newest.select_related("sender")}
    for room in rooms:
        names = people.get(room.pk, [])
        room.here = names[:MOST_NAMES]
        room.more = len(names) - len(room.here)
        room.unread = unread.get(room.pk, 0)
        room.last = last.get(room.pk)
