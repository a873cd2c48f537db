"""Reading the request that opens a WebSocket: its user, its place, its language."""

import re
from types import SimpleNamespace
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.utils import translation

from chat.protocol import LARGEST_INTEGER


def session_key_in(cookies):
    """Return the session key that a browser sends, or None if it isn't one.

    A quoted cookie can contain any character, and PostgreSQL rejects NUL.
    """
    session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    return session_key if re.fullmatch("[a-z0-9]{1,40}", session_key) else None


def read_place(query):
    """Return the last number and the epoch in `?after=7&epoch=f81d…`.

    Each is None if it's missing or invalid.
    """
    typed = parse_qs(query.decode("ascii", "replace"))
    after, epoch = [typed.get(name, [""])[0] for name in ("after", "epoch")]
    try:
        epoch = UUID(epoch)
    except ValueError:
        epoch = None
    return whole_number(after), epoch


def whole_number(typed):
    """Return a number that JavaScript could have written, or None."""
    # Check the length first: Python refuses to convert thousands of digits.
    if len(typed) > len(str(LARGEST_INTEGER)) or not re.fullmatch("[0-9]+", typed):
        return None
    return number if (number := int(typed)) <= LARGEST_INTEGER else None


def language_of(scope):
    """Return the language of the page, chosen as LocaleMiddleware chose it.

    Django's function takes a request, but reads only these two attributes.
    """
    headers = dict(scope["headers"])
    accepted = headers.get(b"accept-language", b"").decode("latin1")
    request = SimpleNamespace(
        COOKIES=scope.get("cookies", {}), META={"HTTP_ACCEPT_LANGUAGE": accepted}
    )
    # Django returns the cookie "EN" unchanged.
    return translation.get_language_from_request(request).lower()
