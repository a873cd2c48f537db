"""What the chat stores: each file of this folder has one subject."""

from chat.models.invite import Invite
from chat.models.message import Message
from chat.models.presence import Presence, ReadMark
from chat.models.room import Room

__all__ = ["Invite", "Message", "Presence", "ReadMark", "Room"]
