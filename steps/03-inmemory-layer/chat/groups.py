"""Group names for the channel layer, made from room names."""

import hashlib


def group_name(room_name):
    """Return the name of a room's group.

    A group name may contain ASCII letters, digits, hyphens, underscores and periods,
    fewer than 100 in all, but people call their rooms "café com leite" and "日本語". A
    hash always fits, and every room has its own. Without its accent, café would share
    a group with cafe.
    """
    return "room." + hashlib.sha256(room_name.encode()).hexdigest()
