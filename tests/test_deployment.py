"""The chat on a server of its own: deploy/install, HTTPS, limits, and a new version."""

import re
import subprocess
import sys
from urllib.parse import quote

import httpx
import pytest
from conftest import STEPS
from machine import install, new_machine
from people import path_of

from course.servers import HOST

STEP = STEPS[-1]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="deploy/ is for Linux")


@pytest.fixture(scope="module")
def machine(tmp_path_factory, redis_url, postgres):
    """A machine on which the deployment page's command has been typed."""
    folder = tmp_path_factory.mktemp("machine")
    with new_machine(folder, f"{redis_url}/9", postgres.url) as machine:
        machine.printed = install(machine)
        yield machine


def plain():
    return httpx.Client(timeout=30, trust_env=False)


def test_one_command_on_a_fresh_server_ends_in_a_chat_over_https(machine):
    assert f"The chat is at {machine.origin}/" in machine.printed
    room = machine.chat.room()
    ana, bia = (machine.chat.enter(room, name) for name in ("ana", "bia"))
    ana.say("olá 😀")
    assert bia.hear()["text"] == "olá 😀"


def test_http_is_redirected_once(machine):
    with plain() as browser:
        answer = browser.get(f"http://localhost:{machine.http_port}/chat/?a=b")
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"{machine.origin}/chat/?a=b"
    answer = machine.chat.visitor().get("/accounts/login/?next=/chat/")
    assert answer.status_code == 200


def test_cookies_are_for_https_only(machine):
    ana = machine.chat.browser_of("ana")
    assert {cookie.name for cookie in ana.cookies.jar} == {"csrftoken", "sessionid"}
    assert all(cookie.secure for cookie in ana.cookies.jar)


def test_browsers_are_not_told_to_refuse_http_until_you_say_so(machine):
    page = machine.chat.visitor().get("/accounts/login/")
    assert "Strict-Transport-Security" not in page.headers
