"""Real server processes of this project, and real sockets into their rooms."""

import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from websockets.sync.client import connect

PROJECT = Path(__file__).parent.parent


@contextmanager
def server(log_path):
    """Run one server process while the block runs, and yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # port 0: the system chooses a free one
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
    try:
        wait_until_it_answers(port, process, log_path)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_until_it_answers(port, process, log_path):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, log_path.read_text()
            time.sleep(0.05)
    pytest.fail(f"The server on port {port} did not start:\n{log_path.read_text()}")


@contextmanager
def enter(port, room_name):
    """Open a socket into a room, with the Origin that a page of this server has."""
    url = f"ws://127.0.0.1:{port}/ws/chat/{quote(room_name, safe='')}/"
    with connect(url, origin=f"http://127.0.0.1:{port}") as person:
        yield person


def say(person, text):
    """Send a message."""
    person.send(json.dumps({"text": text}))


def hear(person):
    """Wait for the next message, and return its text."""
    return json.loads(person.recv(timeout=10))["text"]
