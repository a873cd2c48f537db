"""What a client may send, and what is refused with a reason."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.protocol import State
from websockets.server import ServerProtocol

from chat import frames, protocol
from chat.protocol import Refusal, read_frame

README = Path(__file__).parent.parent / "README.md"

CID = "5f0c8a3e-7a64-4f3e-9d5e-0a8d6b0f8f11"

BAD_FRAMES = {
    "no JSON": ("oi", "bad_json"),
    "nothing at all": ("", "bad_json"),
    "half of it": ('{"text": "o', "bad_json"),
    "half a character": ('{"text": "a\\ud83d"}', "bad_json"),
    "half a character as it is": ('{"text": "a\ud83d"}', "bad_json"),
    "a time that is no time": ('{"text": "oi", "sent_at": NaN}', "bad_json"),
    "5,000 brackets": ('{"text": "oi", "x": ' + "[" * 5000, "bad_json"),
    "a bad field, then no JSON": ('{"type": 5, oops', "bad_message"),
    "a bad field, then brackets": ('{"type": 5, "a": ' + "[" * 5000, "bad_message"),
    "a bad field, half a character": ('{"text": 7, "a": "\ud83d"}', "bad_json"),
    "no text frame": (None, "bad_message"),
    "a list": ("[]", "bad_message"),
    "a number": ("7", "bad_message"),
    "null": ("null", "bad_message"),
    "no text": ("{}", "bad_message"),
    "a number as text": ('{"text": 7}', "bad_message"),
    "nothing as text": ('{"text": null}', "bad_message"),
    "an object as text": ('{"text": {"a": 1}}', "bad_message"),
    "the character NUL": ('{"text": "a\\u0000b"}', "bad_message"),
    "a key that is none": ('{"text": "oi", "cid": "1"}', "bad_message"),
    "a key that is a number": ('{"text": "oi", "cid": 1}', "bad_message"),
    "a key that is a list": ('{"text": "oi", "cid": []}', "bad_message"),
    "a time that is no number": ('{"text": "oi", "sent_at": "now"}', "bad_message"),
    "a time that is true": ('{"text": "oi", "sent_at": true}', "bad_message"),
    "a time beyond all": ('{"text": "oi", "sent_at": 1e999}', "bad_message"),
    "a time that overflows": (f'{{"text": "oi", "sent_at": {2**70}}}', "bad_message"),
    "a time before 1970": ('{"text": "oi", "sent_at": -1}', "bad_message"),
    "a number as type": ('{"type": 7}', "bad_message"),
    "history before nothing": ('{"type": "history"}', "bad_message"),
    "history before -1": ('{"type": "history", "before": -1}', "bad_message"),
    "another type": ('{"type": "room.kick", "text": "oi"}', "unknown_type"),
    "an event of Channels": ('{"type": "websocket.disconnect"}', "unknown_type"),
    "empty text": ('{"text": ""}', "empty"),
    "white space": ('{"text": " \\n\\t "}', "empty"),
    "zero-width characters": ('{"text": "\u200b\u200d\ufeff"}', "empty"),
    "blank letters": ('{"text": "\u3164\u115f\uffa0\u2800\u17b4"}', "empty"),
    "variation selectors": ('{"text": "\ufe0f\U000e0100\u180b"}', "empty"),
    "tags of a flag without it": ('{"text": "\U000e0067\U000e007f"}', "empty"),
    "no characters of Unicode": ('{"text": "\ufdd0\uffff\U0010fffe"}', "empty"),
    "2,001 characters": (json.dumps({"text": "a" * 2001}), "too_long"),
    "a frame of 17 KB": (json.dumps({"text": "a" * 17_000}), "too_big"),
}


# Any text, lone surrogates too, and frames of ours with something changed in them.
WORDS = st.sampled_from(["type", "text", "cid", "sent_at", "before", "bytes", "a"])
KINDS = st.sampled_from([*protocol.KINDS, "sync", "", "on_send"])
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.uuids().map(str)
    | KINDS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(WORDS, some, max_size=3),
    max_leaves=8,
)


@st.composite
def bent_frames(draw):
    """Make JSON that is nearly a frame, then cut it or insert something."""
    content = {"type": draw(KINDS), **draw(st.dictionaries(WORDS, ANYTHING))}
    raw = json.dumps(content, ensure_ascii=draw(st.booleans()))
    start = draw(st.integers(0, len(raw)))
    end = draw(st.integers(start, len(raw)))
    middle = draw(st.sampled_from(["", "[" * 2000, '{"', "\\u0000", "\ud83d", ",,"]))
    return raw[:start] + middle + raw[end:]


@settings(deadline=None)  # a busy computer may be slow; that's no bug
@given(st.text(st.characters(codec=None)) | bent_frames())
@example('{"type": 5, oops')
@example('{"type":5,"a":' + "[" * 2000)
@example('{"type": "send", "cid": "\ud83d", "text": 1}')
def test_any_input_is_a_frame_or_a_refusal(raw):
    try:
        result = read_frame(raw)
    except Refusal as refusal:
        result = refusal.frame
    assert type(result) in {*protocol.KINDS.values(), frames.Error}
    assert frames.encode(result).size


@pytest.mark.parametrize(("raw", "code"), BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
def test_a_malformed_frame_is_refused_with_a_reason(raw, code):
    with pytest.raises(Refusal) as refusal:
        read_frame(raw)
    assert refusal.value.frame.code == code
    assert refusal.value.frame.error


@pytest.mark.parametrize(
    "text", ["olá, Ção 😀 <script>alert(1)</script>", "אבג \u202e abc", "a\nb"]
)
def test_a_message_keeps_accents_emoji_and_markup(text):
    assert read_frame(json.dumps({"text": text})).text == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\U0001fae8", id="a face of Unicode 15"),
        pytest.param("\U0001fadf", id="a splatter of Unicode 16"),
        pytest.param("\U0001faff", id="a place for an emoji that is yet to come"),
        pytest.param("👩\u200d🚀", id="an astronaut of three characters"),
        pytest.param("❤\ufe0f", id="a heart with its colour"),
        pytest.param("🇧🇷", id="a flag of two letters"),
        pytest.param("🏴\U000e0067\U000e0062\U000e0073\U000e007f", id="a flag of tags"),
        pytest.param("1\ufe0f\u20e3", id="a key"),
        pytest.param("\uf8ff", id="the logo of a company"),
        pytest.param("\u0301", id="an accent without a letter"),
    ],
)
def test_any_visible_character_is_a_message(text):
    assert read_frame(json.dumps({"text": text})).text == text


def test_white_space_around_a_message_is_dropped():
    assert read_frame('{"text": "  oi  "}').text == "oi"


@pytest.mark.parametrize("text", ["", "a" * 2001, 7, "a\x00"])
def test_a_refusal_says_which_message_it_is_about(text):
    with pytest.raises(Refusal) as refusal:
        read_frame(json.dumps({"text": text, "cid": CID}))
    assert str(refusal.value.frame.cid) == CID


@pytest.mark.parametrize("text", ["é" * 2000, "😀" * 1300])
def test_the_longest_text_fits_into_a_frame_however_it_is_written(text):
    assert read_frame(json.dumps({"text": text})).text == text
    assert read_frame(json.dumps({"text": "😀" * 2000}, ensure_ascii=False))


def test_unknown_fields_are_ignored():
    frame = read_frame('{"type": "history", "before": 7, "colour": "blue"}')
    assert frame == protocol.History(before=7)


# RFC 6455 writes the length of a frame in three ways, which change at 126 and at 65,536.
@pytest.mark.parametrize("size", [50, 125, 126, 127, 65_535, 65_536, 70_000])
def test_an_encoded_frame_is_what_a_websocket_library_would_send(size):
    around = frames.encode(frames.TypingNow([""])).size
    event, encoded_size = frames.encode(frames.TypingNow(["x" * (size - around)]))
    assert encoded_size == size
    server = ServerProtocol(state=State.OPEN)
    server.send_text(event["text"].encode())
    assert event["encoded"] == b"".join(server.data_to_send())


def test_a_frame_is_encoded_once_and_says_its_size():
    frame = frames.encode(frames.Here(["júlia"], 1))
    text = frame.event["text"]
    assert json.loads(text) == {"type": "presence", "people": ["júlia"], "count": 1}
    assert frame.size == len(text.encode())


def message(seq, text):
    return frames.Message(
        seq=seq,
        cid=None,
        room="class",
        sender="ana",
        text=text,
        at=0,
        sent_at=None,
        server="8000 (pid 1)",
    )


def test_one_message_is_a_frame_and_several_are_a_sync():
    (one,) = frames.encode_messages([message(1, "oi")])
    (two,) = frames.encode_messages([message(1, "oi"), message(2, "olá")])
    assert json.loads(one.event["text"])["type"] == "message"
    assert [m["text"] for m in json.loads(two.event["text"])["messages"]] == [
        "oi",
        "olá",
    ]


@pytest.mark.parametrize("text", ["a" * 2000, "\x01" * 2000, "😀" * 2000])
def test_no_frame_of_ours_is_larger_than_the_server_sends(text):
    messages = [message(seq, text) for seq in range(1, 101)]
    parts = frames.encode_sync(messages, reset=True, more=True, epoch=uuid4())
    contents = [json.loads(frame.event["text"]) for frame in parts]
    assert max(frame.size for frame in parts) < 64 * 1024
    seqs = [one["seq"] for content in contents for one in content["messages"]]
    assert seqs == list(range(1, 101))
    assert [content["reset"] for content in contents] == [True] + [False] * (
        len(contents) - 1
    )


def test_a_page_of_long_older_messages_is_shorter_and_says_that_there_are_more():
    messages = [message(seq, "😀" * 2000) for seq in range(1, 51)]
    frame = frames.encode_older(messages, more=False)
    page = json.loads(frame.event["text"])
    assert frame.size < 64 * 1024
    assert page["more"] is True
    seqs = [one["seq"] for one in page["messages"]]
    assert seqs == list(range(51 - len(seqs), 51))


def test_a_room_without_messages_is_one_frame():
    (frame,) = frames.encode_sync([], reset=True, more=False, epoch=uuid4())
    assert json.loads(frame.event["text"])["messages"] == []


def test_the_readme_names_every_frame_and_every_close_code():
    table = README.read_text("utf-8")
    for code in protocol.Close:
        assert f"| {code.value} |" in table
    for kind in protocol.KINDS:
        assert f"| `{kind}` |" in table
    for kind in (
        "Message",
        "Sync",
        "Older",
        "Sent",
        "Here",
        "TypingNow",
        "Error",
        "Ping",
    ):
        tag = getattr(frames, kind).__struct_config__.tag
        assert f"`{tag}`" in table
