"""What a message must look like, whichever way it travels."""

import json
import re
import uuid

LONGEST_TEXT = 2000  # characters, about a page
LARGEST_INTEGER = 2**53 - 1  # the largest that JavaScript holds exactly

# The character NUL and lone surrogates: JSON can carry them, but they are no text.
# No database column and no UTF-8 encoder takes them all.
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class BadMessage(ValueError):
    """What was sent is no message; says why, to the person who sent it.

    `cid` is the client's key of it, if there was one to read.
    """

    cid = None


def read_message(raw):
    """Return what is in a message as it came, in JSON: its text, time and client key.

    `raw` is text or bytes; None stands for a WebSocket frame that held no text.
    Raises BadMessage, and nothing else, whatever the input is.
    """
    if raw is None:
        raise BadMessage("Send a text frame; this one was binary.")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadMessage('This is not JSON. Send {"text": "your words"}.') from None
    if not isinstance(content, dict):
        raise BadMessage('Send a JSON object: {"text": "your words"}.')
    if content.get("type", "send") != "send":
        raise BadMessage('"type" must be "send"; it can also be left out.')
    cid = read_cid(content.get("cid"))
    try:
        return {"cid": cid, **read_content(content)}
    except BadMessage as problem:
        problem.cid = cid
        raise


def read_content(content):
    """Return the text and the time in a message."""
    return {
        "text": read_text(content, "text", LONGEST_TEXT),
        "sent_at": read_time(content.get("sent_at")),
    }


def read_text(content, key, longest):
    """Return what a person typed, without the white space around it."""
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
        raise BadMessage(f'"{key}" holds characters that are not text.')
    return text


def read_cid(cid):
    """Return the key that the client gave the message, or None: a UUID (RFC 9562)."""
    if cid is None:
        return None
    try:
        return uuid.UUID(cid)
    except (ValueError, TypeError, AttributeError):
        raise BadMessage('"cid" must be a UUID.') from None


def read_time(sent_at):
    """Return the time on the sender's clock, in milliseconds since 1970, or None."""
    # type(), not isinstance(): True is an int to Python, but not to anyone else.
    if sent_at is None or (type(sent_at) is int and 0 <= sent_at <= LARGEST_INTEGER):
        return sent_at
    raise BadMessage('"sent_at" must be a whole number of milliseconds since 1970.')
