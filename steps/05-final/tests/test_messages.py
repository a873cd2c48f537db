"""What counts as a message, and what is refused with a reason."""

import json

import pytest

from chat.messages import BadMessage, read_message

BAD_MESSAGES = {
    "no JSON": ("oi", "not JSON"),
    "no text frame": (None, "binary"),
    "nothing at all": ("", "not JSON"),
    "bytes that are no text": (b"\xff\xfe\x00", "not JSON"),
    "a list": ("[]", "JSON object"),
    "a number": ("7", "JSON object"),
    "too many brackets": ("[" * 100_000, "not JSON"),
    "no text": ("{}", '"text" is missing'),
    "a number as text": ('{"text": 7}', '"text" must be a string'),
    "nothing as text": ('{"text": null}', '"text" must be a string'),
    "an object as text": ('{"text": {"a": 1}}', '"text" must be a string'),
    "empty text": ('{"text": ""}', '"text" is empty'),
    "white space": ('{"text": " \\n\\t "}', '"text" is empty'),
    "10,000 characters": (json.dumps({"text": "a" * 10_000}), "10000 characters"),
    "the character NUL": ('{"text": "a\\u0000b"}', "not text"),
    "half a character": ('{"text": "a\\ud83d"}', "not text"),
    "another type": ('{"text": "oi", "type": "room.kick"}', '"type" must be'),
    "a key that is none": ('{"text": "oi", "cid": "1"}', '"cid" must be'),
    "a key that is a number": ('{"text": "oi", "cid": 1}', '"cid" must be'),
    "a key that is a list": ('{"text": "oi", "cid": []}', '"cid" must be'),
    "a time that is no number": ('{"text": "oi", "sent_at": "now"}', "sent_at"),
    "a time that is no time": ('{"text": "oi", "sent_at": NaN}', "sent_at"),
    "a time that is true": ('{"text": "oi", "sent_at": true}', "sent_at"),
    "a time beyond all numbers": ('{"text": "oi", "sent_at": 1e999}', "sent_at"),
    "a time that overflows": (f'{{"text": "oi", "sent_at": {2**70}}}', "sent_at"),
}


@pytest.mark.parametrize(
    ("raw", "reason"), BAD_MESSAGES.values(), ids=BAD_MESSAGES.keys()
)
def test_what_is_no_message_is_refused_with_a_reason(raw, reason):
    with pytest.raises(BadMessage) as refusal:
        read_message(raw)
    assert reason in str(refusal.value)


def test_a_message_keeps_accents_emoji_and_markup():
    text = "olá, Ção 😀 <script>alert(1)</script>"
    assert read_message(json.dumps({"text": text}))["text"] == text


def test_white_space_around_a_message_is_dropped():
    assert read_message('{"text": "  oi  "}')["text"] == "oi"


def test_a_refusal_says_which_message_it_is_about():
    cid = "5f0c8a3e-7a64-4f3e-9d5e-0a8d6b0f8f11"
    with pytest.raises(BadMessage) as refusal:
        read_message(json.dumps({"text": "", "cid": cid}))
    assert str(refusal.value.cid) == cid


def test_the_longest_text_still_fits():
    assert len(read_message(json.dumps({"text": "é" * 2000}))["text"]) == 2000
