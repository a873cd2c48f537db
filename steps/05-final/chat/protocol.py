"""The frames of the chat: what a page may send and get, and the codes of refusals.

One JSON object in each text frame, in both directions. What a client sends is checked
against the classes below before anything else looks at it. Unknown fields are ignored,
so that newer clients can talk to older servers.
"""

import re
import unicodedata
from enum import IntEnum
from typing import Annotated, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from msgspec import DecodeError, Meta, Raw, Struct, ValidationError, field, json

LONGEST_TEXT = 2000  # characters, about a page
# Bytes of one frame from a client. The longest text takes 8,000 of them, or 12,000
# if a client writes é as \u00e9. The ASGI server itself disconnects a client that
# sends more than 64 KiB.
LARGEST_FRAME = 16 * 1024
# Bytes of messages in one frame to a client. Daphne is started with a limit of 64 KiB,
# in both directions: it would silently drop a larger frame of ours.
LARGEST_SENT = 48 * 1024
LARGEST_INTEGER = 2**53 - 1  # the largest that JavaScript holds exactly

# PostgreSQL can't store the character NUL.
NOT_TEXT = re.compile("\x00")

# Characters that leave a bubble empty: Unicode categories, then single characters that
# count as letters, marks or symbols, such as the Hangul filler or the Braille blank.
# A character that Python's Unicode doesn't know yet counts as visible: a new emoji.
INVISIBLE = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufdd0-\ufdef"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001d159\U000e0000-\U000e0fff]"
)

Whole = Annotated[int, Meta(ge=0, le=LARGEST_INTEGER)]


class Close(IntEnum):
    """Why a socket is closed (RFC 6455, section 7.4.2: 4000 to 4999 are ours).

    Daphne drops the reason of a close, so an error frame says it before each of these.
    """

    RESTARTING = 4012  # reconnect: another process is up, or this one soon will be
    ABUSE = 4400  # too many malformed frames
    LOGGED_OUT = 4401  # log in, then reconnect
    FORBIDDEN = 4403  # no longer a member
    NOT_FOUND = 4404  # no such room, or not for you
    SLOW = 4408  # doesn't read what it gets; reconnect and catch up
    REPLACED = 4409  # too many sockets of one person; this was the oldest
    FLOOD = 4429  # too many frames or sockets; reconnect later
    UNAVAILABLE = 4503  # something is broken here; reconnect


class Refusal(Exception):
    """Why a frame or a socket is refused; the person gets it in an error frame."""

    def __init__(self, code, error, *, close=None, cid=None, retry_after=None):
        super().__init__(error)
        self.close = close
        self.frame = Error(code=code, error=error, cid=cid, retry_after=retry_after)


# ---- From a client ------------------------------------------------------------


class Send(Struct):
    """A message. `{"text": "oi"}` is enough: all else may be left out.

    `cid` is the client's own key for it: a message that is sent again with the same key,
    in case it didn't arrive, is stored once. `sent_at` is in milliseconds since 1970, on
    the sender's clock.
    """

    text: str
    cid: UUID | None = None
    sent_at: Whole | None = None


class Typing(Struct):
    """The person is typing; valid for a few seconds."""


class History(Struct):
    """A request for the messages before one of the log."""

    before: Whole


class Ack(Struct):
    """How many bytes of frames this client has read since its socket was opened."""

    bytes: Whole


class Kind(Struct):
    """The type of a frame, which is read first."""

    type: str = "send"


KINDS = {"send": Send, "typing": Typing, "history": History, "ack": Ack}


# A ValidationError is also a DecodeError, but of JSON that is well-formed so far.
NOT_JSON = (DecodeError, UnicodeError, RecursionError)


def read_frame(raw):
    """Return what a client's frame holds: one of the classes above.

    `raw` is its text, or None for a binary frame. Raises Refusal, and nothing else,
    whatever the input is.
    """
    if raw is None:
        raise Refusal("bad_message", _("Send a text frame; this one was binary."))
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
    """Return what a person typed, without the white space around it."""
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
    """Return whether a character is visible on its own.

    Not `str.isprintable`: it rejects emoji that are newer than this Python.
    """
    is_noncharacter = ord(char) & 0xFFFE == 0xFFFE
    is_known_blank = unicodedata.category(char) in INVISIBLE or BLANK.match(char)
    return not (is_noncharacter or is_known_blank)


class Key(Struct):
    """The key of a message that is refused for another reason."""

    cid: UUID | None = None


def cid_in(raw):
    """Return the client's key in a frame that was refused, if there is one.

    There may be more wrong with it than was found so far: after a bad field, the rest
    may not even be JSON.
    """
    try:
        return json.decode(raw, type=Key).cid
    except NOT_JSON:
        return None


# ---- To a client --------------------------------------------------------------


class Message(Struct, tag="message"):
    """A message of the room. `at` is when it was stored, in milliseconds since 1970."""

    seq: int
    cid: UUID | None
    room: str
    sender: str
    text: str
    at: int
    sent_at: int | None
    server: str


class Sync(Struct, tag="sync"):
    """Several messages at once; with `reset`, the log starts over with them.

    `epoch` names the history that the numbers belong to, and comes when a page has caught
    up or starts over; `more`, with a reset, says whether there are older messages.
    """

    messages: list[Raw]
    reset: bool = False
    more: bool | None = None
    epoch: UUID | None = None


class Older(Struct, tag="history"):
    """The messages before one, oldest first, and whether there are still older ones."""

    messages: list[Raw]
    more: bool


class Sent(Struct, tag="sent"):
    """Your message is stored, as number `seq`; `dup` if it was stored before."""

    cid: UUID
    seq: int
    dup: bool


class Here(Struct, tag="presence"):
    """Who is in the room: some of the names, and how many people."""

    people: list[str]
    count: int


class TypingNow(Struct, tag="typing"):
    """Who has just typed."""

    people: list[str]


class Ping(Struct, tag="ping"):
    """Nothing new: the connection works."""


class Error(Struct, tag="error", omit_defaults=True):
    """What is wrong, in a word for programs and in a sentence for people."""

    code: str
    error: str
    cid: UUID | None = None
    retry_after: float | None = field(default=None)  # seconds


class Frame(NamedTuple):
    """A frame, encoded once for any number of sockets: an ASGI event and its size."""

    event: dict
    size: int


def encode(content):
    """Return a frame that holds one of the classes above."""
    data = json.encode(content)
    return Frame({"type": "websocket.send", "text": data.decode()}, len(data))


def encode_messages(messages):
    """Return the frames for messages: a single one on its own, several in a sync."""
    if len(messages) == 1:
        return [encode(messages[0])]
    return [encode(Sync(part)) for part in parts_of(messages)]


def encode_sync(messages, **about):
    """Return the frames of a sync; the first one has the extra fields."""
    first, *more = parts_of(messages)
    return [encode(Sync(first, **about)), *[encode(Sync(part)) for part in more]]


def encode_older(messages, more):
    """Return a frame with older messages: as many as fit, the newest first."""
    newest, *left_out = parts_of(messages[::-1])
    return encode(Older(newest[::-1], more or bool(left_out)))


def parts_of(messages):
    """Return encoded messages in lists that each fit into a frame; at least one list."""
    parts, size = [[]], 0
    for message in messages:
        data = json.encode(message)
        size += len(data)
        if size > LARGEST_SENT and parts[-1]:
            parts.append([])
            size = len(data)
        parts[-1].append(Raw(data))
    return parts
