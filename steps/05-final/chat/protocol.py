"""What a client may send, how each frame is validated, and the close codes.

Each text frame holds one JSON object. It's validated against the classes below before
anything else sees it: msgspec compares the JSON with their annotations. Unknown fields
are ignored, so that a newer page can talk to an older server. What the chat sends is in
chat/frames.py.
"""

import re
import unicodedata
from enum import IntEnum
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from msgspec import DecodeError, Meta, Struct, ValidationError, json

from chat.frames import Error

LONGEST_TEXT = 2000  # characters, about a page
# Bytes in one frame from a client. The longest text needs 8,000, or 12,000 if the
# client escapes é as \u00e9. Beyond 64 KiB the ASGI server itself disconnects.
LARGEST_FRAME = 16 * 1024
LARGEST_INTEGER = 2**53 - 1  # Number.MAX_SAFE_INTEGER in JavaScript

# PostgreSQL can't store the character NUL.
NOT_TEXT = re.compile("\x00")

# Characters that show nothing: Unicode categories first, then single characters that
# count as letters, marks or symbols, such as the Hangul filler or the Braille blank.
# A character that this Python doesn't know yet counts as visible: it may be a new emoji.
INVISIBLE = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufdd0-\ufdef"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001d159\U000e0000-\U000e0fff]"
)

Whole = Annotated[int, Meta(ge=0, le=LARGEST_INTEGER)]


class Close(IntEnum):
    """Why the chat closes a socket (RFC 6455, section 7.4.2: 4000 to 4999 are private).

    Daphne doesn't send a close reason, so an error frame explains each of these first,
    except RESTARTING.
    """

    RESTARTING = 4012  # reconnect: another process is up, or this one will be soon
    ABUSE = 4400  # too many malformed frames
    LOGGED_OUT = 4401  # log in, then reconnect
    FORBIDDEN = 4403  # no longer a member
    NOT_FOUND = 4404  # the room doesn't exist, or isn't open to this person
    SLOW = 4408  # the client doesn't read; reconnect and catch up
    REPLACED = 4409  # the person opened too many sockets; this was the oldest
    FLOOD = 4429  # too many frames or sockets; reconnect later
    UNAVAILABLE = 4503  # the server has a problem; reconnect


class Refusal(Exception):
    """A frame or a socket is refused. The client receives `frame`, an error frame.

    With a `close` code, the socket is closed after it.
    """

    def __init__(self, code, error, *, close=None, cid=None, retry_after=None):
        super().__init__(error)
        self.close = close
        self.frame = Error(code=code, error=error, cid=cid, retry_after=retry_after)


# ---- From a client ------------------------------------------------------------


class Send(Struct):
    """A message. Only the text is required: `{"text": "oi"}`.

    `cid` is a key that the client chooses. If it isn't sure that a message arrived, it
    sends it again with the same key, and the message is stored only once. `sent_at` is
    in milliseconds since 1970, by the sender's clock.
    """

    text: str
    cid: UUID | None = None
    sent_at: Whole | None = None


class Typing(Struct):
    """The person is typing. Pages show it for a few seconds."""


class History(Struct):
    """A request for a page of the messages before number `before`."""

    before: Whole


class Ack(Struct):
    """How many bytes of frames the client has read since the socket opened."""

    bytes: Whole


class Kind(Struct):
    """The type of a frame, decoded first to choose the class for the rest."""

    type: str = "send"


KINDS = {"send": Send, "typing": Typing, "history": History, "ack": Ack}


# Catch ValidationError first: it's a DecodeError too, but the JSON is well-formed.
NOT_JSON = (DecodeError, UnicodeError, RecursionError)


def read_frame(raw):
    """Return the validated frame, an instance of one of the classes above.

    `raw` is the text of the frame, or None if it was binary. Any invalid input raises
    Refusal, and nothing else.
    """
    if raw is None:
        raise Refusal("bad_message", _("Send a text frame; this one was binary."))
    # A lone surrogate can't be encoded, but it's for the JSON decoder to refuse.
    if len(raw.encode(errors="replace")) > LARGEST_FRAME:
        raise Refusal("too_big", _("This frame is too big."))
    try:
        kind = json.decode(raw, type=Kind).type
        if kind not in KINDS:
            raise Refusal("unknown_type", _("There is no such type of frame."))
        frame = json.decode(raw, type=KINDS[kind])
    except ValidationError as problem:
        raise Refusal("bad_message", str(problem), cid=cid_in(raw)) from None
    except NOT_JSON:
        example = '{"text": "oi"}'
        reason = _("This is not JSON. Send %(example)s.") % {"example": example}
        raise Refusal("bad_json", reason) from None
    if kind == "send":
        frame.text = read_text(frame)
    return frame


def read_text(frame):
    """Return the text that a person typed, stripped of surrounding white space."""
    text = frame.text.strip()
    if len(text) > LONGEST_TEXT:
        reason = _("The message has %(length)s characters; at most %(most)s may be.")
        numbers = {"length": len(text), "most": LONGEST_TEXT}
        raise Refusal("too_long", reason % numbers, cid=frame.cid)
    if not any(map(is_visible, text)):
        raise Refusal("empty", _("The message is empty."), cid=frame.cid)
    if NOT_TEXT.search(text):
        reason = _("The message holds characters that are not text.")
        raise Refusal("bad_message", reason, cid=frame.cid)
    return text


def is_visible(char):
    """Return whether a reader can see this character.

    `str.isprintable` won't do: it rejects emoji that are newer than this Python.
    """
    is_noncharacter = ord(char) & 0xFFFE == 0xFFFE
    is_known_blank = unicodedata.category(char) in INVISIBLE or BLANK.match(char)
    return not (is_noncharacter or is_known_blank)


class Key(Struct):
    """Only the key of a message, for a frame that is invalid in some other field."""

    cid: UUID | None = None


def cid_in(raw):
    """Return the client's key in an invalid frame, or None.

    Decoding stopped at the first bad field; what follows may not even be JSON.
    """
    try:
        return json.decode(raw, type=Key).cid
    except NOT_JSON:
        return None
