"""What the system check promises. Redis isn't stopped: connections to it are refused."""

import errno
import os
import re
import socket
from urllib.parse import urlsplit

import pytest

from course.exercise.kit import NotYet, expect


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Let no attempt be repeated after a pause: it's refused each time."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def problems():
    """Return the texts of what the system checks report as errors."""
    from django.core.checks import ERROR, run_checks

    found = run_checks()
    return [str(one.msg) for one in found if one.level >= ERROR]


def refuse(monkeypatch):
    """Refuse every connection, as if no Redis were there."""

    def refused(self, address):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", refused)


def test_redis_is_there():
    """While Redis answers, the check reports nothing."""
    found = problems()
    expect(not found, f"Redis answers, but the check reports: {found and found[0]}")


def test_redis_is_gone(monkeypatch):
    """When Redis doesn't answer, the check reports an error."""
    refuse(monkeypatch)
    try:
        found = problems()
    except Exception as problem:
        kind = type(problem).__name__
        raise NotYet(
            f"When Redis is gone, the check raises {kind}. It should return an Error."
        ) from None
    expect(found, "When Redis is gone, `manage.py check` should report an error.")


def test_the_error_names_host_and_port(monkeypatch):
    """The error names Redis's host and port."""
    refuse(monkeypatch)
    place = urlsplit(os.environ["REDIS_URL"])
    found = " ".join(problems())
    expect(found, "When Redis is gone, `manage.py check` should report an error.")
    for part in (place.hostname, str(place.port or 6379)):
        named = re.search(rf"(?<![\w.]){re.escape(part)}(?!\w)", found)
        expect(named, f"The error should name {part}, but says: {found}")


def test_it_asks_again(monkeypatch):
    """The check asks Redis each time."""
    with monkeypatch.context() as patch:
        refuse(patch)
        sentence = "When Redis is gone, `manage.py check` should report an error."
        expect(problems(), sentence)
    found = problems()
    expect(not found, f"Redis is back, but the check reports: {found and found[0]}")


def test_the_layer_still_uses_the_url():
    """The layer still uses REDIS_URL."""
    from django.conf import settings

    hosts = str(settings.CHANNEL_LAYERS["default"].get("CONFIG", {}).get("hosts"))
    expect(settings.REDIS_URL in hosts, "The layer's `hosts` should have REDIS_URL.")
