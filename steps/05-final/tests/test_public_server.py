"""What a public server needs, and what it says when something is missing."""

import asyncio
import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from channels.routing import ProtocolTypeRouter
from channels.security.websocket import OriginValidator
from channels.testing import WebsocketCommunicator
from django.test import AsyncClient, Client

from chat import health
from config.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = Path(__file__).parent.parent
PUBLIC = {
    "DEBUG": "0",
    "SECRET_KEY": "not-secret-but-long-enough-and-with-many-characters-0123456789",
    "ORIGINS": "https://chat.example.org",
}


def manage(*command, **env):
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT,
        env=os.environ | env,
        capture_output=True,
        text=True,
    )


def test_the_garbage_collector_skips_what_lives_as_long_as_the_process():
    """Else everybody waits for a tenth of a second whenever Python looks through it."""
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] >= 10_000


@pytest.mark.parametrize(
    "hsts",
    [
        {},
        {"HSTS_SECONDS": "3600"},
        {"HSTS_SECONDS": "3600", "HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"},
    ],
    ids=["no HSTS", "HSTS", "HSTS for the whole domain"],
)
def test_djangos_own_checks_find_nothing_on_a_public_server(hsts):
    result = manage("check", "--deploy", "--fail-level", "WARNING", **PUBLIC, **hsts)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ORIGINS"])
def test_a_public_server_does_not_start_without_its_settings(missing):
    result = manage("check", **{**PUBLIC, missing: ""})
    assert result.returncode != 0
    assert "needs SECRET_KEY and ORIGINS" in result.stderr
    assert "Traceback" not in result.stderr


def test_prometheus_reaches_a_process_by_its_inner_name_over_plain_http():
    """Behind TLS too: a redirect would need a host that visitors may name."""
    ask = "from django.test import Client; print(Client().get('/metrics', HTTP_HOST='app1:8000').status_code)"
    result = manage("shell", "-v0", "-c", ask, **PUBLIC)
    assert result.stdout.splitlines()[-1:] == ["200"], result.stderr


@pytest.mark.parametrize(
    ("env", "host"),
    [
        ({"REDIS_URL": "redis://a:1 redis://b:2"}, "'address': 'redis://b:2'"),
        (
            {"REDIS_URL": "redis://a redis://b:2", "REDIS_MASTER": "chat"},
            "'sentinels': [('a', 26379), ('b', 2)], 'master_name': 'chat'",
        ),
    ],
    ids=["two servers", "two sentinels"],
)
def test_several_redis_servers_and_sentinels_are_named_in_the_environment(env, host):
    print_hosts = "from config import settings; print(settings.REDIS_HOSTS)"
    result = subprocess.run(
        [sys.executable, "-c", print_hosts],
        cwd=PROJECT,
        env=os.environ | env,
        capture_output=True,
        text=True,
    )
    assert host in result.stdout


@pytest.mark.parametrize(
    ("origin", "opens"),
    [
        ("https://chat.example.org", True),
        ("https://chat.example.org:443", True),
        ("http://chat.example.org", False),
        ("https://chat.example.org:8443", False),
        ("https://sub.chat.example.org", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
async def test_only_our_own_origin_opens_a_socket(origin, opens):
    async def accept(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})

    guarded = OriginValidator(accept, ["https://chat.example.org"])
    page = [(b"origin", origin.encode())] if origin else []
    visitor = WebsocketCommunicator(guarded, "/", headers=page)
    assert (await visitor.connect())[0] is opens
    await visitor.disconnect()


async def test_every_socket_of_the_site_checks_the_origin():
    assert isinstance(application, ProtocolTypeRouter)
    assert isinstance(application.application_mapping["websocket"], OriginValidator)


@pytest.mark.parametrize("page", ["/accounts/login/", "/healthz/live"])
def test_every_page_allows_only_our_own_scripts(page):
    policy = Client().get(page)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_form_without_its_token_is_refused():
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/accounts/login/", {}).status_code == 403


def test_the_process_is_alive():
    assert Client().get("/healthz/live").json() == {"status": "ok"}


@pytest.fixture
def slow_redis(monkeypatch):
    """Let a round trip through Redis take as long as it does on a busy machine."""
    monkeypatch.setattr(health, "LONGEST_ROUND_TRIP", 10)


async def test_the_process_is_ready(slow_redis):
    answer = await AsyncClient().get("/healthz/ready")
    assert answer.json() == {"status": "ok", "database": "ok", "layer": "ok"}


async def test_the_process_is_ready_while_people_are_in_the_rooms(
    join, make_room, slow_redis
):
    await make_room("class")
    ana = await join("class", "ana")
    await ana.wait_for("presence")
    answer = await AsyncClient().get("/healthz/ready")
    assert answer.json()["layer"] == "ok"


async def test_many_requests_at_once_share_one_check(monkeypatch):
    """Each one would go through Redis and open a connection to the database."""
    checks = []

    async def count():
        checks.append(1)
        await asyncio.sleep(0)
        return True

    monkeypatch.setattr(health, "GOOD_FOR", 60, raising=False)
    monkeypatch.setattr(health, "layer_answers", count)
    asked = [AsyncClient().get("/healthz/ready") for _ in range(20)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {200}
    assert len(checks) == 1


async def test_without_the_layer_it_is_degraded_and_still_ready(monkeypatch):
    async def nobody():
        return False

    monkeypatch.setattr(health, "layer_answers", nobody)
    answer = await AsyncClient().get("/healthz/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"


async def test_a_layer_that_does_not_answer_causes_no_traceback(monkeypatch, settings):
    layer = settings.CHANNEL_LAYERS["default"]
    nowhere = {"hosts": ["redis://127.0.0.1:1"]}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": nowhere}}
    assert await health.layer_answers() is False


async def test_without_the_database_it_is_not_ready(monkeypatch):
    def down():
        raise health.DatabaseError("connection refused")

    monkeypatch.setattr(health, "ask_database", down)
    answer = await AsyncClient().get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"


async def test_what_the_process_counts_can_be_read(join, make_room):
    def value(page, name):
        return float(re.search(rf"^{re.escape(name)} (.*)$", page, re.M)[1])

    async def page():
        return (await AsyncClient().get("/metrics")).text

    await make_room("class")
    ana = await join("class", "ana")
    await ana.say("oi")
    await ana.hear()
    before = await page()
    assert value(before, "chat_sockets") == 1
    await ana.say("oi")
    await ana.hear()
    await ana.say(" ")
    await ana.refused()
    after = await page()
    for name in (
        'chat_messages_total{outcome="stored"}',
        "chat_deliveries_total",
        'chat_errors_total{code="empty"}',
    ):
        known = value(before, name) if name in before else 0
        assert value(after, name) == known + 1
    await ana.disconnect()
    assert value(await page(), "chat_sockets") == 0


def test_a_public_server_logs_a_line_of_json_for_each_event():
    say = "import logging; logging.getLogger('chat').info('oi', extra={'room': 7})"
    result = manage("shell", "-c", say, **PUBLIC)
    line = json.loads(result.stderr.splitlines()[-1])
    assert (line["message"], line["room"], line["levelname"]) == ("oi", 7, "INFO")


async def test_the_log_reports_each_closed_socket_with_its_code(
    join, make_room, caplog
):
    caplog.set_level("INFO", "chat")
    room = await make_room("class")
    ana = await join("class", "ana")
    await ana.say("a private text")
    await ana.hear()
    await ana.disconnect(code=1001)
    (line,) = [one for one in caplog.records if one.message == "A socket was closed."]
    assert (line.room, line.code, line.frames_received) == (room.pk, 1001, 1)
    assert "private" not in caplog.text


def test_two_sites_on_one_redis_do_not_receive_each_others_events():
    """Both have a room 1: a rehearsal and the real site, or two folders on a laptop."""
    print_prefix = (
        "from config import settings;"
        "print(settings.CHANNEL_LAYERS['default']['CONFIG']['prefix'])"
    )

    def prefix(**env):
        result = subprocess.run(
            [sys.executable, "-c", print_prefix],
            cwd=PROJECT,
            env=os.environ | PUBLIC | env,
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout

    site = {"DATABASE_URL": "postgres://chat@db/chat"}
    assert prefix(**site) == prefix(**site)
    assert prefix(**site) == prefix(DATABASE_URL="postgres://chat@10.0.0.7/chat")
    assert prefix(**site) != prefix(DATABASE_URL="postgres://chat@db/rehearsal")
    assert prefix(**site) != prefix(**site, SECRET_KEY=PUBLIC["SECRET_KEY"][::-1])
