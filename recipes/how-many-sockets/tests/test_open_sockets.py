"""A server that may open few files drops sockets, and its log doesn't mention it."""

import resource
import socket
import subprocess
import sys

import pytest
from servers import PROJECT, wait_until_it_answers


@pytest.fixture
def crowded(tmp_path):
    """Start a server that may open 64 files, and yield its port and its log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=PROJECT, stdout=file, stderr=file, preexec_fn=few_files
        )
    try:
        wait_until_it_answers(port, process, log)
        yield port, log
    finally:
        process.terminate()
        process.wait()


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def opened(port, count):
    """Return what the script prints about so many sockets."""
    url = f"ws://127.0.0.1:{port}/ws/chat/class/"
    command = [sys.executable, "open_sockets.py", url, str(count)]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    return result.stdout


def test_beyond_the_limit_of_files_sockets_are_dropped_without_a_line_in_the_log(
    crowded,
):
    port, log = crowded
    printed = opened(port, 80)
    count = int(printed.split(" of 80 sockets are open.")[0])
    assert 0 < count < 64
    assert f"{80 - count} failed: InvalidMessage" in printed
    lines = log.read_text().splitlines()
    assert sum("HANDSHAKING" in line for line in lines) == count
    assert not any("Error" in line or "file" in line for line in lines)


def test_below_the_limit_all_sockets_are_open(crowded):
    port, _ = crowded
    assert opened(port, 20) == "20 of 20 sockets are open.\n"
