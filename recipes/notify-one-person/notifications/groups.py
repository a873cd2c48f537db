"""The group of a person: all sockets of all tabs and devices."""


def group_of(user_id):
    """Return the name of a person's group. An id never changes, but a name can."""
    return f"user.{user_id}"
