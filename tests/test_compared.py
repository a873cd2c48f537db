"""What the page that compares Channels with others says about two processes."""

import contextlib
import json
import sys
import time

import httpx
import pytest
from websockets.sync.client import connect

from course.processes import Process, free_port, is_listening
from course.servers import HOST
from course.steps import ROOT

PEER = ROOT / "course" / "bench" / "peers" / "socketio_chat.py"
ALONE = "socketio.AsyncServer("
OVER_REDIS = "socketio.AsyncServer(client_manager=socketio.AsyncRedisManager({!r}), "
SILENCE = 2  # seconds


@pytest.fixture
def two_servers(tmp_path):
    """Return a function that serves one Socket.IO chat on two processes: their ports."""
    with contextlib.ExitStack() as stack:

        def start(redis_url=None):
            code = PEER.read_text("utf-8")
            if redis_url:
                code = code.replace(ALONE, OVER_REDIS.format(redis_url))
            (tmp_path / "compared_chat.py").write_text(code, "utf-8")
            ports = [free_port(), free_port()]
            for port in ports:
                command = [sys.executable, "-m", "uvicorn", "--port", str(port)]
                command.append("compared_chat:application")
                log = tmp_path / f"log-{port}"
                server = Process("uvicorn", command, tmp_path, log, {})
                stack.enter_context(server)
                server.wait_until(lambda port=port: is_listening(port))
            return ports

        yield start


@contextlib.contextmanager
def member(port):
    """Enter the room by hand: Engine.IO's handshake, then Socket.IO's."""
    url = f"ws://{HOST}:{port}/socket.io/?EIO=4&transport=websocket"
    with connect(url, proxy=None) as socket:
        assert socket.recv(timeout=20).startswith("0{")
        socket.send("40")
        assert socket.recv(timeout=20).startswith("40")
        yield socket


def hears(socket, seconds):
    """Return the next message of the room, or None."""
    with contextlib.suppress(TimeoutError):
        return json.loads(socket.recv(timeout=seconds).removeprefix("42"))[1]


def test_socketio_on_two_processes_does_not_share_a_room(two_servers):
    first, second = two_servers()
    with member(first) as ana, member(second) as bia:
        ana.send('42["chat","oi"]')
        assert hears(ana, 20) == "oi"
        assert hears(bia, SILENCE) is None


def test_socketio_shares_a_room_with_a_client_manager(two_servers, redis_url):
    first, second = two_servers(redis_url)
    with member(first) as ana, member(second) as bia:
        deadline = time.monotonic() + 30
        heard = None
        while heard is None and time.monotonic() < deadline:
            # Until the second process has subscribed, it misses what is sent.
            ana.send('42["chat","oi"]')
            heard = hears(bia, 1)
        assert heard == "oi"


def test_long_polling_of_socketio_needs_sticky_sessions(two_servers, redis_url):
    first, second = two_servers(redis_url)
    path = "socket.io/?EIO=4&transport=polling"
    with httpx.Client(trust_env=False, timeout=20) as browser:
        opened = browser.get(f"http://{HOST}:{first}/{path}")
        sid = json.loads(opened.text[1:])["sid"]
        same = browser.post(f"http://{HOST}:{first}/{path}&sid={sid}", content="40")
        other = browser.post(f"http://{HOST}:{second}/{path}&sid={sid}", content="40")
    assert (same.status_code, other.status_code) == (200, 400)
