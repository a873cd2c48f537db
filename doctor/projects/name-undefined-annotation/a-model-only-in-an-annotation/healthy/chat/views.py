from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

if TYPE_CHECKING:
    from chat.models import Message


def last(room_name: str) -> Message | None:
    found: Missing = None
    return found


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})
