"""Names for the groups of the channel layer. Its members are processes, not sockets."""

# Every server process.
EVERYBODY = "everybody"


def group_name(room_pk):
    """Return the name of the group of the processes with a socket in a room.

    The room's key, never what people call it.
    """
    return f"room.{room_pk}"
