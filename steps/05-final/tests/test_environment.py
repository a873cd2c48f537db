"""The environment of a public server: what is understood, and what is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PUBLIC = {
    "DEBUG": "0",
    "SECRET_KEY": "not-secret-but-long-enough-and-with-many-characters-0123456789",
    "ORIGINS": "https://chat.example.org",
}


def settings(expression, **env):
    """Evaluate an expression about the settings in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", f"from config import settings; print({expression})"],
        cwd=PROJECT,
        env=os.environ | env,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("word", ["0", "false", "False", "FALSE", "no", "off"])
def test_debug_is_off_in_any_spelling_of_no(word):
    result = settings("settings.DEBUG", **PUBLIC | {"DEBUG": word})
    assert result.stdout == "False\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("DEBUG", ""),
        ("MESSAGES_PER_SECOND", "many"),
        ("MESSAGES_PER_SECOND", "0"),
        ("MESSAGES_PER_SECOND", "nan"),
        ("SOCKETS_PER_PERSON", "2.5"),
        ("SOCKETS_PER_PERSON", "-1"),
        ("HSTS_SECONDS", "a year"),
        ("HSTS_PRELOAD", "maybe"),
        ("DATABASE_URL", "postgres://chat:ge#heim@db/chat"),
        ("DATABASE_URL", "nowhere"),
        ("EMAIL_URL", "nowhere"),
        ("EMAIL_URL", "https://chat:geheim@mail.example.org"),
        ("EMAIL_URL", "smtp://chat:geheim@mail.example.org:port"),
        ("SIGNUP", "perhaps"),
        ("ORIGINS", "chat.example.org"),
        ("ORIGINS", "https://*.example.org"),
        ("ORIGINS", "https://chat.example.org/school/"),
        ("ORIGINS", "https://ana@chat.example.org"),
        ("ORIGINS", "https://chat.example.org:port"),
        ("ORIGINS", "http://[::1"),
        ("ORIGINS", "https://ü..example"),
    ],
)
def test_an_invalid_value_is_refused_with_a_message(name, value):
    result = settings("settings.DEBUG", **PUBLIC | {name: value})
    assert result.returncode == 1
    assert name in result.stderr
    assert "Traceback" not in result.stderr
    assert "heim" not in result.stderr


@pytest.mark.parametrize(
    ("written", "origin", "host"),
    [
        ("http://[::1]:9000", "http://[::1]:9000", "[::1]"),
        ("https://Bücher.example", "https://xn--bcher-kva.example", None),
        ("https://CHAT.example.org:443/", "https://chat.example.org", None),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080", "10.0.0.7"),
    ],
)
def test_an_origin_is_compared_as_browsers_write_it(written, origin, host):
    host = host or origin.partition("://")[2]
    names = "settings.SOCKET_ORIGINS, settings.CSRF_TRUSTED_ORIGINS"
    result = settings(
        f"{names}, settings.ALLOWED_HOSTS", **PUBLIC | {"ORIGINS": written}
    )
    assert result.stdout == f"{[origin]} {[origin]} {[host]}\n"


def test_browsers_refuse_http_only_if_you_decide_so():
    names = "settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_PRELOAD"
    assert settings(names, **PUBLIC).stdout == "0 False\n"
    decided = {"HSTS_SECONDS": "3600", "HSTS_PRELOAD": "yes"}
    assert settings(names, **PUBLIC | decided).stdout == "3600 True\n"


def test_a_laptop_prints_its_mail_and_a_public_server_without_mail_server_has_none():
    for unset in ({}, {"EMAIL_URL": ""}):
        assert "console.EmailBackend" in settings("settings.MAIL", **unset).stdout
        assert settings("settings.MAIL", **PUBLIC | unset).stdout == "{}\n"


def test_mail_goes_to_the_mail_server_in_the_environment():
    mail = {"EMAIL_URL": "submission://chat:p%40ss@mail.example.org"}
    names = "settings.MAIL, settings.DEFAULT_FROM_EMAIL"
    found = settings(names, **PUBLIC | mail).stdout
    for part in ("'mail.example.org'", "587", "'p@ss'", "chat@chat.example.org"):
        assert part in found
    sender = {"EMAIL_FROM": "school@example.org"}
    assert "school@example.org" in settings(names, **PUBLIC | mail | sender).stdout


@pytest.mark.parametrize(
    ("word", "is_open"), [("0", False), ("no", False), ("1", True)]
)
def test_sign_up_is_closed_in_any_spelling_of_no(word, is_open):
    assert settings("settings.SIGNUP", SIGNUP=word).stdout == f"{is_open}\n"
