"""Names for the groups of the channel layer."""


def group_of_user(user):
    """Return the name of the group of all sockets of a person."""
    return f"user.{user.pk}"


def group_name(room):
    """Return the name of the group of a room: its key, never what people call it."""
    return f"room.{room.pk}"
