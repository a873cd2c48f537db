"""What a room may be called: almost anything."""

import re
import unicodedata

from django.urls import register_converter
from django.urls.converters import PathConverter

# Emoji such as 👩‍🚀 and flags are held together by them, and Persian is written with one.
JOINERS = re.compile("[\u200c\u200d\U000e0020-\U000e007f]")
JOINED = {"Lo", "Mn", "Mc", "Me", "So", "Sk", "Cf"}  # Unicode's categories before one

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control and format characters, and their kind
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")


def tidy(name):
    """Return a name without needless space, and with one form of é.

    The same "é" can be typed as one character or as two: make it one room.
    """
    return unicodedata.normalize("NFC", " ".join(name.split()))


def problem_with(name):
    """Return why a tidy name cannot be the name of a room; None if it can."""
    if any(part.strip() in {"", ".", ".."} for part in name.split("/")):
        return "browsers and proxies take “.”, “..” and empty parts out of an address"
    if has_unseen(name):
        return "it contains characters that nobody can see"
    return None


def has_unseen(name):
    """Tell whether there is something in a name that makes no mark on the screen."""
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
    """`<room:room_name>` in an address: a path, for a room may be called AC/DC.

    An address with another name leads nowhere: a page is not found, a socket closes.
    """

    def to_python(self, value):
        """Return the name in an address."""
        name = tidy(value)
        if problem_with(name):
            raise ValueError(name)
        return name


register_converter(RoomNameConverter, "room")
