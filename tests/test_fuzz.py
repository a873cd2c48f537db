"""The last step and any bytes at all, after the handshake of somebody who may be there.

Whatever Caio sends: Bia's next message goes through on the same server process, which
lives, and whose log has no traceback in it. Hypothesis looks for bytes that break that.
"""

import json
import sys
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import path_of
from public_site import running_site
from raw_lines import PATIENCE, frame, handshake, line, read_to_the_end, status_of
from websockets.sync.client import connect

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="nginx is elsewhere"),
    pytest.mark.slow,
]

# The limits would end most sockets before anything interesting happens.
LIFTED = {"MESSAGES_PER_SECOND": "1000", "SOCKETS_PER_PERSON": "100000"}

thorough = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# ---- What Caio may send ------------------------------------------------------------------

GOOD = [
    {"text": "oi"},
    {"type": "send", "text": "oi", "cid": "5f0c8a3e-7a64-4f3e-9d5e-0a8d6b0f8f11"},
    {"type": "typing"},
    {"type": "history", "before": 7},
    {"type": "ack", "bytes": 1000},
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(["send", "sync", "on_send", "room.kick", "\0", "a" * 3000]),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some),
    max_leaves=5,
)


@st.composite
def bent_json(draw):
    """A frame of ours, with one thing in it that is not as it should be."""
    content = dict(draw(st.sampled_from(GOOD)))
    content[draw(st.sampled_from([*content, "type", "cid", "x"]))] = draw(ANYTHING)
    raw = json.dumps(content, ensure_ascii=draw(st.booleans()))
    cut = draw(st.integers(0, len(raw)))
    inside = draw(
        st.sampled_from(["", "", "", "[" * 3000, '{"a":' * 1000, "\0", ",", '"'])
    )
    # What is no UTF-8 is for the frames below.
    return (raw[:cut] + inside + raw[cut:]).encode(errors="replace")


@st.composite
def raw_frame(draw):
    """A frame: any opcode, any reserved bits, masked or not, of the length that it says."""
    payload = draw(st.binary(max_size=200) | bent_json())
    first = draw(st.integers(0, 255) | st.sampled_from([0x81, 0x01, 0x80, 0x00, 0x82]))
    said = draw(st.sampled_from([len(payload)] * 4 + [0, 125, 126, 70_000, 2**63]))
    size = draw(st.sampled_from([1, 2, 8]))
    mark = draw(st.sampled_from([0x80, 0x80, 0x80, 0]))
    if said < 126 and size == 1:
        head = bytes([first, mark | said])
    elif said < 2**16 and size <= 2:
        head = bytes([first, mark | 126]) + said.to_bytes(2, "big")
    else:
        head = bytes([first, mark | 127]) + said.to_bytes(8, "big")
    if not mark:
        return head + payload
    key = draw(st.binary(min_size=4, max_size=4))
    return head + key + masked(payload, key)


@st.composite
def close_frame(draw):
    """A close, with a code that may be none, and a reason that may be no text."""
    code = draw(st.integers(0, 2**16 - 1) | st.sampled_from([1000, 1001, 1005, 4000]))
    payload = code.to_bytes(2, "big") + draw(st.binary(max_size=140))
    payload = payload[: draw(st.integers(0, len(payload)))]
    return bytes([0x88, 0x80 | min(len(payload), 125)]) + b"\0\0\0\0" + payload


def masked(payload, key):
    """Return a payload masked (RFC 6455, section 5.3)."""
    return bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


BYTES = raw_frame() | close_frame() | st.binary(max_size=300) | bent_json().map(frame)

# ---- What must hold ----------------------------------------------------------------------


class Bia:
    """Somebody who talks on the process that Caio attacks."""

    def __init__(self, site):
        self.process = site.processes[0]
        self.port = site.ports[0]
        self.path = f"/ws{path_of(site.chat.room())}"
        self.said = self.logged = 0
        self.caio = handshake(
            self.path,
            f"Origin: {site.origin}",
            f"Cookie: {site.chat.cookies_of('caio')['Cookie']}",
        )
        self.socket = connect(
            f"ws://127.0.0.1:{self.port}{self.path}",
            origin=site.origin,
            additional_headers=site.chat.cookies_of("bia"),
            proxy=None,
            max_queue=None,
            ping_interval=None,  # its thread would draw random numbers amid Hypothesis
        )

    def talks(self):
        """Say something, and return once it has come back."""
        self.said += 1
        text = f"Bia's message {self.said}."
        self.socket.send(json.dumps({"text": text}))
        while text not in self.socket.recv(PATIENCE):
            pass

    def is_not_harmed(self):
        """Check that the process is well."""
        self.talks()
        assert not self.process.has_ended()
        with self.process.log.open("rb") as log:
            log.seek(self.logged)
            new = log.read()
        self.logged += len(new)
        assert b"Traceback" not in new, new.decode("utf-8", "replace")


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def bia(request, tmp_path_factory, redis_url):
    """Bia, on each of the two servers."""
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder, redis_url, server=request.param, **LIFTED) as site:
        bia = Bia(site)
        with bia.socket:
            yield bia


@given(
    pieces=st.lists(BYTES, max_size=6),
    together=st.booleans(),
    ends=st.sampled_from(["at once", "half", "after an answer"]),
)
@thorough
def test_any_bytes_after_the_handshake_harm_nobody(bia, pieces, together, ends):
    with suppress(OSError), line(bia.port) as caio:
        caio.sendall(bia.caio)
        assert status_of(caio) == 101
        for piece in [b"".join(pieces)] if together else pieces:
            caio.sendall(piece)
        if ends == "half":
            caio.shutdown(1)  # no more from us, but still listening
        if ends != "at once":
            caio.recv(1)  # the first frame, or the end
    bia.is_not_harmed()


@given(pieces=st.lists(bent_json(), min_size=1, max_size=10))
@thorough
def test_any_json_harms_nobody(bia, pieces):
    with suppress(OSError), line(bia.port) as caio:
        caio.sendall(bia.caio)
        assert status_of(caio) == 101
        caio.sendall(b"".join(map(frame, pieces)) + frame(first=0x88))
        read_to_the_end(caio)  # the server closes once it has read it all
    bia.is_not_harmed()
