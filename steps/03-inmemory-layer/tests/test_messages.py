"""Which messages are valid, and why the others are rejected."""

import json

import pytest

from chat.messages import BadMessage, read_message

BAD_MESSAGES = {
    "not JSON": ("oi", "not JSON"),
    "a binary frame": (None, "binary"),
    "nothing at all": ("", "not JSON"),
    "bytes that are not UTF-8": (b"\xff\xfe\x00", "not JSON"),
    "a list": ("[]", "JSON object"),
    "a number": ("7", "JSON object"),
    "too many nested lists": ("[" * 100_000, "not JSON"),
    "no text": ("{}", '"text" is missing'),
    "a number as text": ('{"text": 7}', '"text" must be a string'),
    "null as text": ('{"text": null}', '"text" must be a string'),
    "an object as text": ('{"text": {"a": 1}}', '"text" must be a string'),
    "empty text": ('{"text": ""}', '"text" is empty'),
    "only white space": ('{"text": " \\n\\t "}', '"text" is empty'),
    "10,000 characters": (json.dumps({"text": "a" * 10_000}), "10000 characters"),
    "a NUL character": ('{"text": "a\\u0000b"}', "NUL"),
    "half an emoji": ('{"text": "a\\ud83d"}', "lone surrogate"),
    "a number as sender": ('{"text": "oi", "sender": 7}', '"sender" must be'),
    "a sender of 41 characters": (
        json.dumps({"text": "oi", "sender": "a" * 41}),
        '"sender" has 41',
    ),
    "a word as time": ('{"text": "oi", "sent_at": "now"}', "sent_at"),
    "NaN as time": ('{"text": "oi", "sent_at": NaN}', "sent_at"),
    "true as time": ('{"text": "oi", "sent_at": true}', "sent_at"),
    "infinity as time": ('{"text": "oi", "sent_at": 1e999}', "sent_at"),
    "a time that overflows": (f'{{"text": "oi", "sent_at": {2**70}}}', "sent_at"),
}


@pytest.mark.parametrize(
    ("raw", "reason"), BAD_MESSAGES.values(), ids=BAD_MESSAGES.keys()
)
def test_an_invalid_message_is_rejected_with_a_reason(raw, reason):
    with pytest.raises(BadMessage) as problem:
        read_message(raw)
    assert reason in str(problem.value)


def test_a_message_keeps_accents_emoji_and_markup():
    text = "olá, Ção 😀 <script>alert(1)</script>"
    assert read_message(json.dumps({"text": text}))["text"] == text


def test_white_space_around_a_message_is_dropped():
    assert read_message('{"text": "  oi  "}')["text"] == "oi"


def test_a_message_without_a_sender_is_from_someone():
    assert read_message('{"text": "oi"}')["sender"] == "someone"


def test_the_longest_text_is_accepted():
    assert len(read_message(json.dumps({"text": "é" * 2000}))["text"]) == 2000
