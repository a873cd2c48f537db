"""The groups of the channel layer. Their members are server processes, not sockets."""

# Every server process that has a socket open.
EVERYBODY = "everybody"


def group_name(room_pk):
    """Return the group of the processes that have a socket open in a room.

    It's made from the primary key, because a group name allows only ASCII letters,
    digits, hyphens, underscores and periods, and a room name allows anything.
    """
    return f"room.{room_pk}"
