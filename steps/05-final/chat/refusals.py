"""What the chat says when it refuses a frame or closes a socket."""

from django.utils.translation import gettext as _

from chat.protocol import Close, Refusal


def too_fast(retry_after, cid=None, close=None):
    """Return the refusal for a client that sends or connects too often."""
    reason = _("Not so fast, please.")
    seconds = round(retry_after, 2)
    return Refusal("rate_limited", reason, cid=cid, retry_after=seconds, close=close)


def unavailable(cid=None, close=None):
    """Return the refusal for a failure that isn't the client's fault."""
    reason = _("That did not work; try again.")
    return Refusal("unavailable", reason, cid=cid, close=close)


def logged_out():
    """Return the refusal for a socket that comes without a valid session."""
    return Refusal("logged_out", _("Log in first."), close=Close.LOGGED_OUT)


def no_such_room(name):
    """Return the refusal for a room that doesn't exist, or isn't open to this person."""
    reason = _("There is no room “%(room)s” for you.") % {"room": name}
    return Refusal("not_found", reason, close=Close.NOT_FOUND)


def closing(code, room_name):
    """Return the refusal that closes a socket which was open until now."""
    if code == Close.NOT_FOUND:
        return no_such_room(room_name)
    name, reason = {
        Close.LOGGED_OUT: ("logged_out", _("You have been logged out.")),
        Close.FORBIDDEN: ("forbidden", _("You are no longer a member of this room.")),
        Close.SLOW: (
            "slow_client",
            _("This page could not keep up with the messages."),
        ),
        Close.REPLACED: (
            "too_many",
            _("You have opened the chat in too many windows."),
        ),
    }[code]
    return Refusal(name, reason, close=code)
