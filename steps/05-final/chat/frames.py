"""The frames that the chat sends to a page, and how they are encoded.

Each is one JSON object in a text frame. The classes are msgspec structs: `tag` becomes
the field `type`, and `Raw` is JSON that is encoded already.
"""

import struct
from typing import NamedTuple
from uuid import UUID

from msgspec import Raw, Struct, json

# Bytes of messages in one frame. Daphne is started with a limit of 64 KiB in both
# directions (--websocket-max-message-size), and silently drops a larger frame of ours.
LARGEST_SENT = 48 * 1024

FINAL_TEXT = 0x81  # FIN, and the opcode of a text frame


class Message(Struct, tag="message"):
    """A message in the room. `at` is when it was stored, in milliseconds since 1970."""

    seq: int
    cid: UUID | None
    room: str
    sender: str
    text: str
    at: int
    sent_at: int | None
    server: str


class Sync(Struct, tag="sync"):
    """Several messages at once. With `reset`, they replace everything in the log.

    `epoch` names the history that the numbers belong to; the last step of catching up, and
    a reset, have it. `more`, with a reset, says whether there are older messages.
    """

    messages: list[Raw]
    reset: bool = False
    more: bool | None = None
    epoch: UUID | None = None


class Older(Struct, tag="history"):
    """A page of older messages, oldest first, and whether there are more before them."""

    messages: list[Raw]
    more: bool


class Sent(Struct, tag="sent"):
    """Your message is stored as number `seq`; `dup` means it had been stored before."""

    cid: UUID
    seq: int
    dup: bool


class Here(Struct, tag="presence"):
    """Who is in the room: up to MOST_NAMES names, and the number of people."""

    people: list[str]
    count: int


class TypingNow(Struct, tag="typing"):
    """Who has just typed, on one process; the page puts them together."""

    people: list[str]


class Ping(Struct, tag="ping"):
    """A sign of life: nothing new, but the connection works."""


class Error(Struct, tag="error", omit_defaults=True):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    error: str
    cid: UUID | None = None
    retry_after: float | None = None  # seconds


class Frame(NamedTuple):
    """A frame encoded once for any number of sockets: the ASGI event, its size in bytes."""

    event: dict
    size: int


def encode(content):
    """Encode an instance of one of the classes above."""
    data = json.encode(content)
    event = {
        "type": "websocket.send",
        "text": data.decode(),
        # For config/uvicorn_sockets.py. Other ASGI servers ignore this key.
        "encoded": header_of(len(data)) + data,
    }
    return Frame(event, len(data))


def header_of(size):
    """Return the header of an unmasked text frame (RFC 6455, section 5.2)."""
    if size < 126:
        return struct.pack("!BB", FINAL_TEXT, size)
    if size < 2**16:
        return struct.pack("!BBH", FINAL_TEXT, 126, size)
    return struct.pack("!BBQ", FINAL_TEXT, 127, size)


def encode_messages(messages):
    """Return the frames for these messages: a message frame for one, syncs for several."""
    if len(messages) == 1:
        return [encode(messages[0])]
    return [encode(Sync(part)) for part in parts_of(messages)]


def encode_sync(messages, **about):
    """Return the frames of a sync; only the first carries the fields in `about`."""
    first, *more = parts_of(messages)
    return [encode(Sync(first, **about)), *[encode(Sync(part)) for part in more]]


def encode_older(messages, more):
    """Return one frame with the newest of these older messages, as many as fit."""
    newest, *left_out = parts_of(messages[::-1])
    return encode(Older(newest[::-1], more or bool(left_out)))


def parts_of(messages):
    """Encode messages into lists that each fit in one frame; there's at least one list."""
    parts, size = [[]], 0
    for message in messages:
        data = json.encode(message)
        size += len(data)
        if size > LARGEST_SENT and parts[-1]:
            parts.append([])
            size = len(data)
        parts[-1].append(Raw(data))
    return parts
