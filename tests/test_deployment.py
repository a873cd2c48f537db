"""The chat on a server of its own: deploy/install, HTTPS, limits, and errors."""

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from conftest import STEPS
from machine import install, make_certificate, new_machine
from people import path_of

from course.processes import is_listening
from course.servers import HOST

STEP = STEPS[-1]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="deploy/ is for Linux")

LOG_IN = "/accounts/login/"
# Addresses of this machine that belong to nobody else in these scenes.
GUESSER, NEIGHBOUR, FORGER = "127.0.0.3", "127.0.0.4", "127.0.0.5"


@pytest.fixture(scope="module")
def machine(tmp_path_factory, redis_url, postgres):
    """A machine on which the deployment page's command has been typed."""
    folder = tmp_path_factory.mktemp("machine")
    with new_machine(folder, f"{redis_url}/9", postgres.url) as machine:
        machine.printed = install(machine)
        yield machine


def plain(address=HOST):
    """Return an HTTP client for what is behind TLS, at an address of its own."""
    transport = httpx.HTTPTransport(local_address=address, trust_env=False)
    return httpx.Client(transport=transport, timeout=30, trust_env=False)


# ---- HTTPS -------------------------------------------------------------------------


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
    assert machine.chat.visitor().get(f"{LOG_IN}?next=/chat/").status_code == 200


def test_cookies_are_for_https_only(machine):
    ana = machine.chat.browser_of("ana")
    assert {cookie.name for cookie in ana.cookies.jar} == {"csrftoken", "sessionid"}
    assert all(cookie.secure for cookie in ana.cookies.jar)


def test_browsers_refuse_http_only_if_you_decide_so(machine):
    page = machine.chat.visitor().get(LOG_IN)
    assert "Strict-Transport-Security" not in page.headers


def test_djangos_own_checks_find_nothing(machine):
    result = machine.run("manage", "check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr


def test_prometheus_asks_from_inside_and_nobody_from_outside(machine):
    assert machine.chat.visitor().get("/metrics").status_code == 404
    with plain() as prometheus:
        inside = f"http://{HOST}:{machine.ports[0]}/metrics"
        assert "chat_sockets" in prometheus.get(inside).text


# ---- What visitors say about themselves ----------------------------------------------


def forged(**more):
    """Return headers that only a front server may send."""
    return {
        "X-Forwarded-For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9;proto=http",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Host": "evil.example",
        "Daphne-Root-Path": "/x",
    } | more


def test_forged_headers_change_nothing(machine):
    visitor = machine.chat.visitor()
    page = visitor.get(LOG_IN, headers=forged())
    assert page.status_code == 200  # not redirected to https
    assert "evil.example" not in page.text
    # With a root path that it believes, Daphne would show what is at /metrics.
    assert visitor.get("/x/metrics", headers=forged()).status_code == 404


@pytest.mark.parametrize("name", forged())
def test_bytes_that_are_no_text_in_such_a_header_are_no_error(machine, name):
    headers = {name: b"\xff\xfe"}
    assert machine.chat.visitor().get(LOG_IN, headers=headers).status_code == 200


def test_https_is_believed_from_caddy_alone(machine):
    """Whoever reaches nginx past Caddy is redirected, whatever he says."""
    url = f"http://{HOST}:{machine.front_port}{LOG_IN}"
    headers = {"Host": machine.origin.removeprefix("https://")}
    headers["X-Forwarded-Proto"] = "https"
    with plain(FORGER) as stranger, plain() as caddy:
        assert stranger.get(url, headers=headers).status_code == 301
        assert caddy.get(url, headers=headers).status_code == 200


# ---- Limits ----------------------------------------------------------------------------


def guess(visitor, number):
    """Guess a password, at an address that is made up."""
    headers = {"X-Forwarded-For": f"203.0.113.{number % 250}"}
    return visitor.post(LOG_IN, data={"password": number}, headers=headers)


def test_guessing_is_limited_by_the_address_of_the_visitor(machine):
    guesser = machine.chat.visitor(GUESSER)
    # A hundred at once may be a class; the thousand of this scene are no class.
    answers = (guess(guesser, number) for number in range(1000))
    refusal = next(answer for answer in answers if answer.status_code == 429)
    assert "Too many attempts" in refusal.text
    assert refusal.headers["Retry-After"] == "60"
    assert guesser.get(LOG_IN).status_code == 200  # reading is free
    # Caddy's address is the same for all, so a neighbour would be limited too.
    neighbour = machine.chat.visitor(NEIGHBOUR)
    assert guess(neighbour, 0).status_code != 429


def test_half_requests_never_reach_nginx(machine):
    with ExitStack() as stack:
        for _ in range(300):
            line = socket.create_connection((HOST, machine.https_port))
            line = machine.tls.wrap_socket(line, server_hostname="localhost")
            stack.enter_context(line)
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        # Everybody else gets a page meanwhile.
        assert machine.chat.visitor().get(LOG_IN).status_code == 200
        assert connections_to(machine.front_port) < 50


def connections_to(port):
    """Return how many connections there are to a port of this machine."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[2][-4:], 16) == port and row[3] == "01" for row in rows)


# ---- Pages of nginx itself --------------------------------------------------------------


def assert_is_a_safe_page(answer):
    """Hold a page of nginx to what Django's pages promise."""
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>" in answer.text
    assert "nginx" not in answer.text


def test_what_nginx_refuses_is_a_page_with_the_usual_headers(machine):
    visitor = machine.chat.visitor()
    for answer, status in (
        (visitor.get("/metrics"), 404),
        (visitor.get("/static/nothing.js"), 404),
        (visitor.post(LOG_IN, content=b"x" * 70_000), 413),
    ):
        assert answer.status_code == status
        assert_is_a_safe_page(answer)


def signal_all(machine, number):
    """Send a signal to each server process."""
    for port in machine.ports:
        machine.systemd.running[f"chat@{port}"].popen.send_signal(number)


def test_a_chat_that_hangs_is_a_page_that_says_so(machine):
    config = machine.folder / "chat/nginx/nginx.conf"
    text = config.read_text()
    assert text.count("proxy_read_timeout 15s;") == 1
    config.write_text(text.replace("proxy_read_timeout 15s;", "proxy_read_timeout 1s;"))
    restart_nginx(machine)
    signal_all(machine, signal.SIGSTOP)
    try:
        answer = machine.chat.visitor().get(LOG_IN)
    finally:
        signal_all(machine, signal.SIGCONT)
        config.write_text(text)
        restart_nginx(machine)
    assert answer.status_code == 504
    assert "too long to answer" in answer.text
    assert_is_a_safe_page(answer)


def test_a_chat_that_is_down_is_a_page_that_says_so(machine):
    names = [f"chat@{port}" for port in machine.ports]
    for name in names:
        machine.systemd.end(name)
    answer = machine.chat.visitor().get(LOG_IN)
    machine.systemd.do("restart", *names)
    for name, port in zip(names, machine.ports, strict=True):
        machine.systemd.running[name].wait_until(lambda port=port: is_listening(port))
    restart_nginx(machine)  # it would leave the processes alone for two more seconds
    assert answer.status_code == 502
    assert answer.headers["Retry-After"] == "5"
    assert "being restarted" in answer.text
    assert_is_a_safe_page(answer)


def test_without_nginx_caddy_has_a_safe_page_of_its_own(machine):
    machine.systemd.end("chat-nginx")
    answer = machine.chat.visitor().get(f"{LOG_IN}?secret=in-the-query")
    restart_nginx(machine)
    assert answer.status_code == 502
    assert "being restarted" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def restart_nginx(machine):
    """Start nginx anew: after a reload, its old workers go on for a while."""
    machine.systemd.do("restart", "chat-nginx")
    front = machine.systemd.running["chat-nginx"]
    front.wait_until(lambda: is_listening(machine.front_port))


# ---- Static files ------------------------------------------------------------------------


def test_static_files_are_compressed_and_kept_for_good(machine):
    visitor = machine.chat.browser_of("ana")
    page = visitor.get(path_of(machine.chat.room()))
    todo = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    done = set()
    while todo:
        path = todo.pop()
        done.add(path)
        file = visitor.get(path)
        assert file.status_code == 200, path
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", path)
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert file.headers["Content-Encoding"] == "gzip"
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        for name in re.findall(r'^import .*"\./(.+)";$', file.text, re.MULTILINE):
            todo |= {f"{path.rpartition('/')[0]}/{name}"} - done
    assert len(done) > 10


def test_a_room_works_in_a_browser(machine, browser):
    room = machine.chat.room()
    context = browser.new_context(base_url=machine.origin, ignore_https_errors=True)
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # Chromium fetches a page's icon when it finds the time: the next page may cancel it.
    page.on(
        "requestfailed",
        lambda request: problems.append(f"{request.url}: {request.failure}"),
    )
    page.on(
        "response", lambda answer: answer.status > 399 and problems.append(answer.url)
    )
    page.goto("/chat/")
    page.locator("[name=username]").fill("ana")
    page.locator("[name=password]").fill("let-me-chat")
    page.locator("main button").click()
    page.wait_for_url(f"{machine.origin}/chat/")
    page.goto(path_of(room))
    page.get_by_role("textbox").last.fill("over TLS")
    page.keyboard.press("Enter")
    page.locator("#chat-log p:not(.pending) .text").get_by_text("over TLS").wait_for()
    context.close()
    cancelled = re.compile(r"/static/chat/icon\S*\.svg: net::ERR_ABORTED$")
    assert [one for one in problems if not cancelled.search(one)] == []


# ---- What the machine keeps -----------------------------------------------------------------


def test_a_backup_is_one_command_and_so_is_the_way_back(machine, tmp_path):
    room = machine.chat.room("before")
    ana = machine.chat.enter(room, "ana")
    ana.say("saved")
    ana.hear()
    file = tmp_path / "chat.dump"
    result = machine.run("manage", "backup", str(file))
    assert result.returncode == 0, result.stderr
    ana.say("after the backup")
    ana.hear()
    result = machine.run("manage", "restore", str(file), "--yes")
    assert result.returncode == 0, result.stderr
    rows = machine.run(
        *("manage", "shell", "-v0", "-c"),
        "from chat.models import Message; print([m.text for m in Message.objects.all()])",
    )
    assert "saved" in rows.stdout
    assert "after the backup" not in rows.stdout


def test_the_logs_hold_no_secret(machine):
    page = f"{path_of(machine.chat.room('logged'))}?secret=in-the-query"
    assert machine.chat.browser_of("ana").get(page).status_code == 200
    front = machine.systemd.running["chat-nginx"]
    front.wait_until(lambda: "200 GET /chat/logged" in machine.log("chat-nginx"))
    key = re.search("SECRET_KEY=(.+)", (machine.folder / "etc/chat.env").read_text())[1]
    for name in machine.systemd.running:
        log = machine.log(name)
        assert log if name != "chat-caddy" else True
        for secret in ("in-the-query", "let-me-chat", "sessionid=", key):
            assert secret not in log, name


def test_only_its_owner_reads_the_secret_key(machine):
    assert (machine.folder / "etc/chat.env").stat().st_mode & 0o77 == 0


def test_installing_again_keeps_the_key_and_what_was_written(machine):
    before = (machine.folder / "etc/chat.env").read_text()
    room = machine.chat.room("kept")
    install(machine)
    assert (machine.folder / "etc/chat.env").read_text() == before
    assert machine.chat.browser_of("ana").get(path_of(room)).status_code == 200


# ---- What is refused before anything is changed -----------------------------------------


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        ([], {}, "Usage"),
        (["https://chat.example.org"], {}, "is not a domain"),
        (["ana@example.org"], {}, "is not a domain"),
        (["--help"], {}, "Usage"),
        (["chat.example.org;reboot"], {}, "is not a domain"),
        (["chat.example.org", "certificate.pem"], {}, "Usage"),
        (["chat.example.org", "none.pem", "none.key"], {}, "no file none.pem"),
        (["chat.example.org", "deploy", "deploy"], {}, "no file deploy"),
        (["chat.example.org", "README.md", "README.md"], {}, "not a certificate"),
        (["chat.example.org", "../certificate.pem", "manage.py"], {}, "not a private"),
    ],
)
def test_install_refuses_what_makes_no_sense(machine, arguments, env, says):
    calls = len(machine.systemd.calls)
    result = machine.run("install", *arguments, **env)
    assert result.returncode == 1
    assert says in result.stderr
    assert len(machine.systemd.calls) == calls


def test_install_refuses_a_key_of_another_certificate(machine, tmp_path):
    make_certificate(tmp_path)
    calls = len(machine.systemd.calls)
    files = [str(machine.folder / "certificate.pem"), str(tmp_path / "key.pem")]
    result = machine.run("install", "chat.example.org", *files)
    assert result.returncode == 1
    assert "don't belong together" in result.stderr
    assert len(machine.systemd.calls) == calls


def test_manage_needs_an_installed_chat(machine, tmp_path):
    result = machine.run("manage", "check", CHAT_ETC=str(tmp_path))
    assert result.returncode == 1
    assert "Run deploy/install first" in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("id", "echo 1000", "Run it as root"),
        (
            "ss",
            """echo 'LISTEN 0 9 *:80 *:* users:(("nginx",pid=7,fd=4))'""",
            "in use by nginx",
        ),
    ],
)
def test_install_says_what_is_in_its_way(machine, tmp_path, name, text, says):
    program = machine.folder / "bin" / name
    usual = program.read_text()
    program.write_text(f"#!/bin/sh\n{text}\n")
    try:
        # No unit of ours is there yet, so it isn't our own Caddy that has the port.
        result = machine.run("install", "chat.example.org", CHAT_UNITS=str(tmp_path))
    finally:
        program.write_text(usual)
    assert result.returncode == 1
    assert says in result.stderr


# ---- Files that no machine of ours runs ---------------------------------------------------


def test_the_processes_of_systemd_have_the_options_of_the_image():
    dockerfile = (STEP.path / "deploy/Dockerfile").read_text()
    command = json.loads(re.search(r"^CMD (\[.*\])$", dockerfile, re.M)[1])
    unit = (STEP.path / "deploy/systemd/chat@.service").read_text()
    line = re.search("^ExecStart=.*/daphne (.*)$", unit, re.M)[1]
    assert line.split()[4:] == command[5:]


def test_the_compose_file_is_valid():
    """By the specification's schema: there may be no Docker on this machine."""
    file = STEP.path / "deploy/compose.yaml"
    check = [sys.executable, "-m", "check_jsonschema"]
    result = subprocess.run(
        [*check, "--builtin-schema", "vendor.compose-spec", str(file)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_containers_have_every_file_that_nginx_includes():
    compose = (STEP.path / "deploy/compose.yaml").read_text()
    for config in (STEP.path / "deploy").glob("*.conf"):
        for name in re.findall(r"include (\S+);", config.read_text()):
            assert f"./{name}:/etc/nginx/{name}:ro" in compose
