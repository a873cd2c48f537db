"""WebSocket frames as bytes (RFC 6455, section 5.2), no faster library in between.

The libraries check, decode and queue each frame. Here, a thousand clients share one
core with nothing but a look for markers, so that the server is what is measured.
"""

import os

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

FINAL = 0x80  # the last part of a message, and with most servers the only one
MASKED = 0x80


def frame(payload: bytes, opcode: int = TEXT, *, masked: bool = True) -> bytes:
    """Return a frame as a client sends it; without `masked`, as a server does."""
    size = len(payload)
    mark = MASKED if masked else 0
    if size < 126:
        head = bytes([FINAL | opcode, mark | size])
    elif size < 1 << 16:
        head = bytes([FINAL | opcode, mark | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([FINAL | opcode, mark | 127]) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + apply_mask(payload, key)


def apply_mask(payload: bytes, key: bytes) -> bytes:
    """Return the payload masked, or unmasked: it is the same operation."""
    size = len(payload)
    keys = (key * (size // 4 + 1))[:size]
    # As one large number: much faster than byte by byte.
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")
    return mixed.to_bytes(size, "big")


class Parser:
    """Cuts a stream of bytes into frames, wherever the network has cut it."""

    def __init__(self) -> None:
        self.rest = b""  # the beginning of a frame that is not complete

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return opcode and payload of each frame that these bytes complete."""
        data = self.rest + data
        frames = []
        start = 0
        while found := find_frame(data, start):
            opcode, payload, start = found
            frames.append((opcode, payload))
        self.rest = data[start:]
        return frames


def find_frame(data: bytes, start: int) -> tuple[int, bytes, int] | None:
    """Return opcode, payload and end of the frame at `start`; None if it is not all there."""
    if len(data) < start + 2:
        return None
    first, second = data[start], data[start + 1]
    if not first & FINAL:
        # Markers could be cut in two. No server here sends messages in parts.
        raise ValueError("the server sends a message in several frames")
    size, at = second & 0x7F, start + 2
    longer = {126: 2, 127: 8}.get(size, 0)
    if longer:
        size = int.from_bytes(data[at : at + longer], "big")
        at += longer
    key = b""
    if second & MASKED:
        key, at = data[at : at + 4], at + 4
    if len(data) < at + size:
        return None
    payload = data[at : at + size]
    return first & 0x0F, apply_mask(payload, key) if key else payload, at + size
