"""The programs that lesson 05 asks its student to write: the page's solutions work."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from http.client import HTTPException

import pytest
from conftest import STEPS

from course import compare, servers
from course.processes import Process, free_port
from course.servers import HOST
from course.steps import DATA

STEP = STEPS[-1]
TASKS = DATA / "tasks"
COMMANDS = "chat/management/commands"

PUBLISH = """
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from chat.frames import Message
from chat.groups import EVERYBODY, group_name
from chat.history import Batch
from uuid import uuid4
send = async_to_sync(get_channel_layer().group_send)
message = Message(1, None, "class", "ana", "oi", 0, None, "8005 (pid 1)")
batch = Batch(1, uuid4(), 1, [message])
send(group_name(1), batch.as_event())
send(EVERYBODY, {"type": "hello", "answer": False})
"""


@pytest.fixture
def step(tmp_path, redis_url):
    """A copy of the step with its database, and its environment."""
    compare.copy(STEP, tmp_path / "step")
    env = servers.environment_of(STEP, redis_url)
    servers.prepare(STEP, tmp_path / "step", env)
    return tmp_path / "step", env


@pytest.mark.slow
def test_listen_prints_the_events_of_the_layer(step, tmp_path):
    folder, env = step
    shutil.copy(TASKS / "listen.py", folder / COMMANDS)
    command = [sys.executable, "manage.py", "listen"]
    log = tmp_path / "log"
    with Process("listen", command, folder, log, env) as process:

        def has_printed():
            # It may join the groups after the first event.
            servers.manage(folder, env, "shell", "--verbosity=0", "-c", PUBLISH)
            return {"messages 1", "hello"} <= {
                line.strip() for line in log.read_text().splitlines()
            }

        process.wait_until(has_printed)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the task is for Linux and macOS")
def test_enter_replaces_both_processes_one_after_the_other(step):
    folder, env = step
    ports = [free_port(), free_port()]
    program = (TASKS / "rolling.py").read_text("utf-8")
    assert "PORTS = [8001, 8002]" in program
    program = program.replace("PORTS = [8001, 8002]", f"PORTS = {ports}")
    (folder / "rolling.py").write_text(program, "utf-8")
    with subprocess.Popen(
        [sys.executable, "rolling.py"],
        cwd=folder,
        env=os.environ | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as rolling:
        try:
            before = [wait_for_start_of(port) for port in ports]
            rolling.stdin.write("\n")
            rolling.stdin.flush()
            now = before
            while None in now or {*now} & {*before}:
                now = [start_of(port) for port in ports]
                # Between the two answers, the first may come back and the second go down,
                # so both are down only if the first still is.
                assert any(now) or start_of(ports[0]), "both down: nobody could enter"
        finally:
            rolling.send_signal(signal.SIGINT)


def start_of(port: int) -> str | None:
    """Return when the server process at a port started; None while it's down."""
    try:
        with servers.without_proxy.open(
            f"http://{HOST}:{port}/metrics", timeout=20
        ) as answer:
            counted = answer.read().decode()
    except (OSError, HTTPException):  # nothing listens, or it ended while it answered
        return None
    return re.search(r"^chat_batch_messages_created (\S+)", counted, re.MULTILINE)[1]


def wait_for_start_of(port: int) -> str:
    """Return when a server process started, as soon as it answers."""
    while not (start := start_of(port)):
        time.sleep(0.1)
    return start
