"""Room names: which ones are allowed (almost all), and how they appear in URLs."""

import re
import unicodedata

from django.urls import register_converter
from django.urls.converters import PathConverter
from django.utils.translation import gettext as _

# Invisible, but needed in emoji such as 👩‍🚀, in some flags and in Persian words.
JOINERS = re.compile("[\u200c\u200d\U000e0020-\U000e007f]")
JOINED = {"Lo", "Mn", "Mc", "Me", "So", "Sk", "Cf"}  # categories before a joiner

# Unicode categories: control, format, surrogate, line and paragraph separator.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Unicode calls these letters, marks or symbols, but they show nothing.
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")


def tidy(name):
    """Return a name without extra spaces, in Unicode's NFC form.

    "é" can be typed as one character or as two; NFC makes it one, so both spellings
    lead to the same room.
    """
    return unicodedata.normalize("NFC", " ".join(name.split()))


def problem_with(name):
    """Return what is wrong with a tidy name, or None if a room may have it."""
    if any(part.strip() in {"", ".", ".."} for part in name.split("/")):
        return _("Browsers and proxies remove “.”, “..” and empty parts from a URL.")
    if has_unseen(name):
        return _("It contains invisible characters.")
    return None


def has_unseen(name):
    """Return whether a name contains an invisible character."""
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
    """Matches `<room:room_name>` in a URL, slashes included: a room may be called AC/DC.

    If the name isn't allowed, the URL doesn't match: a page gets a 404, and a socket
    is closed with 4404.
    """

    def to_python(self, value):
        """Return the tidy name; raise ValueError if the URL must not match."""
        name = tidy(value)
        if problem_with(name):
            raise ValueError(name)
        return name


register_converter(RoomNameConverter, "room")
