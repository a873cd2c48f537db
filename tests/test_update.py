"""A new version of the chat while people talk: deploy/update."""

import asyncio
import json
import shlex
import subprocess
import sys
from contextlib import AsyncExitStack, contextmanager

import httpx
import pytest
from conftest import STEPS
from machine import install, new_machine
from pages import Page
from people import PATIENCE, path_of

from course.servers import HOST, answers

STEP = STEPS[-1]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="deploy/ is for Linux")


@pytest.fixture(scope="module")
def machine(tmp_path_factory, redis_url, postgres):
    """A machine on which the chat is installed."""
    folder = tmp_path_factory.mktemp("updated")
    with new_machine(folder, f"{redis_url}/10", postgres.url) as machine:
        install(machine)
        yield machine


@pytest.fixture
async def enter(machine, monkeypatch):
    """Let people open pages in one room, over TLS."""
    monkeypatch.setenv("SSL_CERT_FILE", str(machine.folder / "certificate.pem"))
    path = f"/ws{path_of(machine.chat.room())}"
    async with AsyncExitStack() as stack:

        async def enter(name):
            cookies = machine.chat.cookies_of(name)
            address = machine.origin.replace("https", "wss")
            page = Page([address], path, cookies, machine.origin)
            return await stack.enter_async_context(page)

        yield enter


@contextmanager
def changed(path):
    """Let a scene change a file; afterwards it is what it was."""
    text = path.read_text()
    try:
        yield path
    finally:
        path.write_text(text)


def change(machine, old, new):
    """Change a page in the folder that the next version comes from."""
    file = machine.folder / "source/chat/templates/registration/form.html"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


async def talk(pages, update):
    """Let everybody send until the update is through; return how many messages."""
    said = 0
    while not update.done():
        await pages[said % len(pages)].say(f"message {said}")
        said += 1
        await asyncio.sleep(0.1)  # slower than the limit for one person
    return said


async def browse(machine, update):
    """Ask for pages until the update is through; return every status but 200."""
    others = []
    visitor = machine.chat.visitor()
    while not update.done():
        answer = await asyncio.to_thread(visitor.get, "/accounts/login/")
        if answer.status_code != httpx.codes.OK:
            others.append(answer.status_code)
    return others


def met_an_ending(machine, line):
    """Whether a process was ending while this line was open, or tried to.

    A page may try several times before it's gone. After that, nginx knows a better place.
    """
    endings = machine.systemd.endings
    return any(line.began < after and before < line.ended for before, after in endings)


@pytest.mark.slow
async def test_a_new_version_loses_no_message_and_no_page(machine, enter):
    pages = [await enter(name) for name in ("ana", "bia", "caio", "ana")]
    change(machine, "</form>", "</form><!-- the new version -->")
    update = asyncio.ensure_future(asyncio.to_thread(machine.run, "update"))
    said, refused = await asyncio.gather(talk(pages, update), browse(machine, update))
    result = await update
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    for page in pages:
        await page.until(lambda page=page: len(page.log) >= said and not page.outbox)
        assert page.texts == pages[0].texts
        assert sorted(page.texts) == sorted(f"message {n}" for n in range(said))
        assert page.wrong == []
        assert [line for line in page.lines if not met_an_ending(machine, line)] == []
    assert sum(len(page.acknowledged) for page in pages) == said
    assert refused == []
    for _ in range(4):
        page = machine.chat.visitor().get("/accounts/login/")
        assert "the new version" in page.text


@pytest.mark.slow
def test_the_process_that_is_up_takes_every_page_at_once(machine):
    """nginx must not avoid a process that has failed: it would do so for too long.

    Unless max_fails is 0, it trusts the process again only when a request there has ended
    well, and an open WebSocket hasn't ended.
    """
    chat = machine.chat
    path, cookies = f"/ws{path_of(chat.room())}", chat.cookies_of("ana")
    for port in machine.ports:
        name = f"chat@{port}"
        machine.systemd.end(name)
        # Each of nginx's workers remembers failures on its own, so reach several of them.
        for _ in range(8):
            socket = chat.open_socket(path, cookies)  # and it stays open
            assert json.loads(socket.recv(PATIENCE))["type"] == "sync"
        machine.systemd.restart(name)
        ready = f"http://{HOST}:{port}/healthz/ready"
        machine.systemd.running[name].wait_until(lambda url=ready: answers(url))


@pytest.mark.slow
async def test_a_version_that_does_not_start_is_taken_back(machine, enter):
    ana = await enter("ana")
    current = machine.folder / "chat/current"
    before = current.resolve()
    # It can be migrated and collected; only the server needs what is broken.
    with changed(machine.folder / "source/config/asgi.py") as asgi:
        asgi.write_text(f"{asgi.read_text()}\nraise RuntimeError('a mistake')\n")
        patience = {"CHAT_PATIENCE": "3"}
        result = await asyncio.to_thread(machine.run, "update", **patience)
    assert result.returncode == 1
    assert "at the version before" in result.stderr
    assert current.resolve() == before
    await ana.say("still here")
    await ana.until(lambda: "still here" in ana.texts)


@pytest.mark.slow
def test_a_version_that_cannot_be_installed_replaces_nothing(machine):
    before = (machine.folder / "chat/current").resolve()
    calls = len(machine.systemd.calls)
    with changed(machine.folder / "source/config/settings.py") as settings:
        settings.write_text(
            f"{settings.read_text()}\nraise RuntimeError('a mistake')\n"
        )
        result = machine.run("update")
    assert result.returncode == 1
    assert "a mistake" in result.stderr
    assert "Stopped before any process was replaced" in result.stderr
    assert len(machine.systemd.calls) == calls
    assert (machine.folder / "chat/current").resolve() == before


@pytest.mark.slow
def test_a_broken_configuration_of_nginx_replaces_nothing(machine):
    before = (machine.folder / "chat/current").resolve()
    with changed(machine.folder / "chat/nginx/upstream.conf") as upstream:
        upstream.write_text(upstream.read_text().replace("least_conn;", "least_con;"))
        result = machine.run("update")
    assert result.returncode == 1
    assert "Stopped before any process was replaced" in result.stderr
    assert (machine.folder / "chat/current").resolve() == before


@pytest.mark.slow
def test_a_new_version_is_readable_for_the_chat_and_holds_no_secret(machine):
    """As in a copy that root has made with a strict umask, and tried Docker in."""
    source = machine.folder / "source"
    (source / "manage.py").chmod(0o600)
    secret = source / "deploy/.env"
    secret.write_text("SECRET_KEY=secret")
    try:
        assert machine.run("update").returncode == 0
    finally:
        secret.unlink()
    current = machine.folder / "chat/current"
    assert (current / "manage.py").stat().st_mode & 0o004
    assert not (current / "deploy/.env").exists()


@pytest.mark.slow
def test_old_versions_are_removed_but_for_the_last_three(machine):
    for _ in range(2):
        assert machine.run("update").returncode == 0
    assert len(list((machine.folder / "chat/releases").iterdir())) == 3
    assert (machine.folder / "chat/current").resolve().is_dir()


def test_an_update_needs_an_installed_chat(tmp_path):
    update = ["bash", str(STEP.path / "deploy/update")]
    env = {"PATH": "/usr/bin:/bin", "CHAT_ETC": str(tmp_path)}
    result = subprocess.run(update, env=env, capture_output=True, text=True)
    assert result.returncode == 1
    assert "Run deploy/install first" in result.stderr


@pytest.fixture
def docker(tmp_path):
    """A stand-in for Docker that writes down what it is asked; `fails` may name a call.

    Its nginx has the files of `mounted`.
    """
    log = tmp_path / "calls"
    program = tmp_path / "docker"

    def update(fails="nothing", mounted=tmp_path):
        program.write_text(
            f'#!/bin/sh\necho "$@" >>{shlex.quote(str(log))}\n'
            f'case "$*" in *{fails}*) exit 1 ;; esac\n'
            'case "$*" in *" cat "*) for file; do :; done;'
            f' cat {shlex.quote(str(mounted))}/"${{file##*/}}" ;; esac\n'
        )
        program.chmod(0o755)
        command = ["bash", str(STEP.path / "deploy/update"), "--compose"]
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        result = subprocess.run(command, env=env, capture_output=True, text=True)
        calls = log.read_text().replace("compose -f deploy/compose.yaml ", "")
        return result, calls.splitlines()

    return update


def test_with_docker_the_second_container_waits_for_the_first_one(docker):
    result, calls = docker()
    assert result.returncode == 0, result.stderr
    one = "up -d --no-deps --wait --wait-timeout 60"
    build, migrate = calls.index("build"), calls.index("run --rm migrate")
    first, second = calls.index(f"{one} app1"), calls.index(f"{one} app2")
    assert build < migrate < first < second


def test_with_docker_nginx_is_replaced_only_if_its_configuration_has_changed(docker):
    replace = "up -d --no-deps --force-recreate nginx"
    result, calls = docker(mounted=STEP.path / "deploy")
    assert result.returncode == 0, result.stderr
    assert replace not in calls
    _, calls = docker()
    assert replace in calls


def test_with_docker_the_second_container_stays_if_the_first_one_is_not_healthy(docker):
    result, calls = docker(fails="app1")
    assert result.returncode == 1
    assert "app1 did not become ready" in result.stderr
    assert not any("app2" in call for call in calls)
