"""How long a socket stays open on which nobody sends anything."""

import socket
import subprocess
import sys

import pytest
from servers import PROJECT, wait_until_it_answers


@pytest.fixture
def daphne(tmp_path):
    """Return a function that starts Daphne with some options, and gives the port."""
    processes = []

    def start(*options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "daphne", *options, "-p", str(port)]
        log = tmp_path / "log"
        with log.open("wb") as file:
            command.append("config.asgi:application")
            process = subprocess.Popen(command, cwd=PROJECT, stdout=file, stderr=file)
        processes.append(process)
        wait_until_it_answers(port, process, log)
        return port

    yield start
    for process in processes:
        process.terminate()
        process.wait()


def idle(port, seconds):
    """Return what the script prints about a socket on which nothing is sent."""
    url = f"ws://127.0.0.1:{port}/ws/chat/class/"
    command = [sys.executable, "idle.py", url, str(seconds)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True).stdout


def test_daphne_closes_a_socket_that_is_open_for_longer_than_its_option_allows(daphne):
    printed = idle(daphne("--websocket_timeout", "5"), 30)
    assert printed.startswith("closed after ")
    assert printed.endswith("with code 1000\n")


def test_without_the_option_it_stays_open(daphne):
    assert idle(daphne(), 4) == "still open after 4 seconds\n"
