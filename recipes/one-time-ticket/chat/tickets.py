"""One-time tickets: what a client may put into the URL of its socket.

Why not the token itself, as in `?token=…`: servers and proxies write URLs into their
logs. A ticket in a log is worthless, because it has been used, or soon expires.
"""

import secrets

from django.core.cache import cache

VALID_FOR = 30  # seconds, enough to open a socket on a slow phone


def ticket_for(name):
    """Return a new ticket for a person. It opens one socket, once."""
    ticket = secrets.token_urlsafe(32)
    cache.set(key_of(ticket), name, VALID_FOR)
    return ticket


def redeem(ticket):
    """Return the name that a ticket was made for, and use it up; None if it's invalid."""
    name = cache.get(key_of(ticket))
    # Two handshakes can get here with one ticket. Redis deletes a key for only one of
    # them, and delete() returns False to the other.
    if name is None or not cache.delete(key_of(ticket)):
        return None
    return name


def key_of(ticket):
    """Return the ticket's key in the cache."""
    return f"ticket.{ticket}"
