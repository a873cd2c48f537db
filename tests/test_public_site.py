"""The last step as a public site: several processes, a real nginx, a real PostgreSQL."""

import os
import re
import socket
import subprocess
import sys
from urllib.parse import quote

import httpx
import pytest
from conftest import STEPS
from people import path_of
from public_site import running_site
from websockets.exceptions import InvalidStatus

from course.servers import HOST

STEP = STEPS[-1]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nginx is elsewhere")


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def site(request, tmp_path_factory, redis_url):
    """Start the site with the very files of deploy/."""
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder, f"{redis_url}/7", server=request.param) as site:
        yield site


def test_ana_and_bia_meet_whichever_process_each_one_gets(site):
    room = site.chat.room()
    people = [site.chat.enter(room, name) for name in ("ana", "bia", "caio", "ana")]
    people[0].say("olá 😀")
    heard = [person.hear() for person in people]
    assert {message["text"] for message in heard} == {"olá 😀"}
    for person in people[1:]:
        person.say("oi")
    servers_seen = {people[0].hear()["server"] for _ in people[1:]} | {
        heard[0]["server"]
    }
    assert len(servers_seen) == 2


def test_the_page_comes_with_its_style_and_its_scripts(site):
    ana = site.chat.browser_of("ana")
    page = ana.get(path_of(site.chat.room()))
    assert page.status_code == 200
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        assert ana.get(address).status_code == 200, address


def test_a_page_of_the_same_host_at_another_port_gets_no_socket(site, monkeypatch):
    path = f"/ws{path_of(site.chat.room())}"
    with monkeypatch.context() as patch:
        patch.setattr(site.chat, "home", f"http://{HOST}:1")
        with pytest.raises(InvalidStatus) as refusal:
            site.chat.open_socket(path)
    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", b"http://["),
        ("Origin", b"http://a:b"),
        ("Origin", b"\xff"),
        ("Sec-WebSocket-Protocol", b"\xff"),
        ("Sec-WebSocket-Key", b"\xff"),
        ("Sec-WebSocket-Version", b"\xff"),
    ],
)
def test_a_malformed_handshake_gets_400_and_is_no_event(site, name, value):
    headers = {
        "Origin": site.origin,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    path = f"/ws{path_of(site.chat.room())}"
    with httpx.Client(base_url=site.origin, timeout=30, trust_env=False) as client:
        answer = client.get(path, headers=headers | {name: value})
    assert answer.status_code == 400
    for process in site.processes:
        assert "Traceback" not in process.log.read_text()


@pytest.mark.parametrize(("length", "status"), [(2900, 302), (7000, 414)])
@pytest.mark.parametrize("part", ["a", "%ff", "e%CC%81"])
def test_long_addresses_take_nobody_off_the_air(site, part, length, status):
    """A redirect to the log-in repeats the address, up to five times as long."""
    with httpx.Client(base_url=site.origin, timeout=30, trust_env=False) as stranger:
        long = "/chat/" + part * (length // len(part)) + "/"
        # Two processes, and each would have been left alone for seconds.
        assert [stranger.get(long).status_code for _ in range(3)] == [status] * 3
        assert stranger.get("/accounts/login/").status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/static/../settings.py", 404),
        ("/static/..%2fnginx.conf", 404),
        ("//static/../x", 404),
        ("/chat/%00", 400),
        ("/chat/?room=" + "a" * 9000, 414),
    ],
)
def test_an_odd_address_is_a_page_that_says_so(site, address, status):
    with socket.create_connection((HOST, site.chat.port), timeout=30) as line:
        line.sendall(
            f"GET {address} HTTP/1.1\r\nHost: {HOST}:{site.chat.port}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    head, _, page = answer.partition("\r\n\r\n")
    assert head.split()[1] == str(status)
    assert "Content-Security-Policy" in head
    assert "To the lobby" in page or "Not Found" in page
    for process in site.processes:
        assert "Traceback" not in process.log.read_text()


def test_a_link_to_choose_a_new_password_is_not_in_the_log(site):
    with httpx.Client(base_url=site.origin, timeout=30, trust_env=False) as stranger:
        for path in ("MQ/secret-token/", "MQ/secret-token/more", "sent/"):
            stranger.get(f"/accounts/password/reset/{path}")
    file = site.folder.parent / "nginx.log"
    site.processes[0].wait_until(
        lambda: "/accounts/password/reset/sent/" in file.read_text()
    )
    log = file.read_text()
    assert "/accounts/password/reset/[hidden]/" in log
    assert "secret-token" not in log


def test_a_wrong_host_is_one_line_in_the_log(site):
    """Every server on the Internet is asked for other hosts all day."""
    with httpx.Client(base_url=site.origin, timeout=30, trust_env=False) as stranger:
        headers = {"Host": "evil.example", "Origin": "http://evil.example"}
        for _ in site.processes:
            answer = stranger.post("/accounts/login/", headers=headers)
            assert answer.status_code in {400, 403}
            answer = stranger.get("/accounts/login/?next=/chat/", headers=headers)
            assert answer.status_code == 400

    def logs():
        return [process.log.read_text() for process in site.processes]

    site.processes[0].wait_until(lambda: any("evil.example" in log for log in logs()))
    assert not any("Traceback" in log for log in logs())


def test_the_front_server_is_asked_for_health_without_logging_in(site):
    with httpx.Client(base_url=site.origin, timeout=30, trust_env=False) as monitor:
        assert monitor.get("/healthz/live").json() == {"status": "ok"}
        assert monitor.get("/healthz/ready").json()["status"] == "ok"


def test_what_is_counted_is_not_for_everybody(site):
    with httpx.Client(timeout=30, trust_env=False) as monitor:
        assert monitor.get(f"{site.origin}/metrics").status_code == 404
        inside = f"http://{HOST}:{site.ports[0]}/metrics"
        assert "chat_sockets" in monitor.get(inside).text


def test_no_traceback_and_no_secret_stands_in_any_log(tmp_path, redis_url):
    with running_site(tmp_path, f"{redis_url}/7") as site:
        room = site.chat.room()
        ana = site.chat.enter(room, "ana")
        ana.send_raw("no JSON")
        ana.say("a very private text")
        ana.hear()
        page = f"/chat/{quote(room)}/?secret=in-the-query"
        assert site.chat.browser_of("ana").get(page).status_code == 200
    logs = [path for path in tmp_path.glob("*") if path.is_file()]
    for log in logs:
        text = log.read_text("utf-8", "replace")
        assert "Traceback" not in text
        assert "a very private text" not in text
        assert "let-me-chat" not in text
        assert "in-the-query" not in text
    assert f"200 GET /chat/{room}/" in (tmp_path / "nginx.log").read_text()


@pytest.mark.slow
def test_the_step_passes_its_own_tests_on_postgresql_too(postgres, redis_url):
    env = {"DATABASE_URL": postgres.url, "REDIS_URL": f"{redis_url}/8"}
    command = [sys.executable, "-m", "pytest", "-q"]
    result = subprocess.run(
        command, cwd=STEP.path, env=os.environ | env, capture_output=True, text=True
    )
    assert result.returncode == 0, f"{result.stdout}\n{postgres.log.read_text()}"
