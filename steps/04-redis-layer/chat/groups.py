"""Names for the groups of the channel layer, made from the names that people give."""

import hashlib


def group_name(room_name):
    """Return the name of the group of a room.

    The layer takes ASCII letters, digits, hyphens, underscores and periods, fewer than
    100. People call their rooms "café com leite" and "日本語". The hash is always legal,
    and two rooms never share one; taking the accents away would merge café with cafe.
    """
    return "room." + hashlib.sha256(room_name.encode()).hexdigest()
