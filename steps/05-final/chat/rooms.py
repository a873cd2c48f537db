"""What a room may be called: almost anything."""

import re
import unicodedata

from django.urls import register_converter
from django.urls.converters import PathConverter
from django.utils.translation import gettext as _

# Emoji such as 👩‍🚀 and flags need these, and Persian is written with one of them.
JOINERS = re.compile("[\u200c\u200d\U000e0020-\U000e007f]")
JOINED = {"Lo", "Mn", "Mc", "Me", "So", "Sk", "Cf"}  # categories allowed before one

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format and the like
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")


def tidy(name):
    """Return a name without extra space, and with one form of é.

    The same "é" can be typed as one character or as two: make it one room.
    """
    return unicodedata.normalize("NFC", " ".join(name.split()))


def problem_with(name):
    """Return why a tidy name cannot be the name of a room; None if it can."""
    if any(part.strip() in {"", ".", ".."} for part in name.split("/")):
        return _(
            "Browsers and proxies take “.”, “..” and empty parts out of an address."
        )
    if has_unseen(name):
        return _("It contains characters that nobody can see.")
    return None


def has_unseen(name):
    """Return whether a name contains a character that nobody can see."""
    before = None
    for character in name:
        category = unicodedata.category(character)
        if JOINERS.match(character):
            if before not in JOINED:
                return True
        elif category in UNSEEN or BLANK.match(character):
            return True
        before = category
    return False


class RoomNameConverter(PathConverter):
    """`<room:room_name>` in a URL: a path, because a room may be called AC/DC.

    With an invalid name, the URL doesn't match: a page is a 404, a socket is closed.
    """

    def to_python(self, value):
        """Return the name in a URL."""
        name = tidy(value)
        if problem_with(name):
            raise ValueError(name)
        return name


register_converter(RoomNameConverter, "room")
