"""Reads and validates what clients send, over HTTP or over a WebSocket."""

import json
import re

LONGEST_TEXT = 2000  # characters, about a page
LONGEST_NAME = 40  # characters
LARGEST_INTEGER = 2**53 - 1  # JavaScript's Number.MAX_SAFE_INTEGER

# NUL and lone surrogates are legal in JSON (RFC 8259, section 8.2), but many databases
# reject NUL, and UTF-8 can't encode a surrogate.
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class BadMessage(ValueError):
    """The input is not a valid message. Its text tells the sender why."""


def read_message(raw):
    """Return the text, sender and time of a message in JSON.

    `raw` is a string or bytes; a binary WebSocket frame comes as None. Invalid input
    raises BadMessage and never another exception, so callers catch only that one.
    """
    if raw is None:
        raise BadMessage("Send a text frame; this one was binary.")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):  # RecursionError: 100,000 nested lists
        raise BadMessage('This is not JSON. Send {"text": "your words"}.') from None
    if not isinstance(content, dict):
        raise BadMessage('Send a JSON object: {"text": "your words"}.')
    return {
        "text": read_text(content, "text", LONGEST_TEXT),
        "sender": read_text({"sender": "someone"} | content, "sender", LONGEST_NAME),
        "sent_at": read_time(content.get("sent_at")),
    }


def read_text(content, key, longest):
    """Return a text field, without the white space around it."""
    if key not in content:
        raise BadMessage(f'"{key}" is missing. Send {{"{key}": "your words"}}.')
    text = content[key]
    if not isinstance(text, str):
        raise BadMessage(f'"{key}" must be a string.')
    text = text.strip()
    if not text:
        raise BadMessage(f'"{key}" is empty.')
    if len(text) > longest:
        raise BadMessage(
            f'"{key}" has {len(text)} characters; at most {longest} are allowed.'
        )
    if NOT_TEXT.search(text):
        raise BadMessage(f'"{key}" contains a NUL character or a lone surrogate.')
    return text


def read_time(sent_at):
    """Return the time on the sender's clock in milliseconds since 1970, or None."""
    # type(), not isinstance(): True is an int in Python, but not a number in JSON.
    if sent_at is None or (type(sent_at) is int and 0 <= sent_at <= LARGEST_INTEGER):
        return sent_at
    raise BadMessage('"sent_at" must be a whole number of milliseconds since 1970.')
