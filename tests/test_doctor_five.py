"""Five projects, each broken in three ways at once, repaired by somebody who only has the doctor.

They take the first finding, type its diff, and run the doctor again, until nothing is wrong. Then
Daphne serves the project, and Ana and Bia chat in it.
"""

import json
import os
import subprocess
import sys
import tomllib
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from course.processes import Process, free_port, is_listening
from tests.doctor_projects import PROJECTS, Case, take_first

FIVE = [
    Case(file.parent, **tomllib.loads(file.read_text("utf-8")))
    for file in sorted(PROJECTS.glob("_five/*/project.toml"))
]


@contextmanager
def serving(folder, redis_url):
    """Serve a project as its own start command would; give the port."""
    port = free_port()
    env = {"REDIS_URL": redis_url}
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, cwd=folder, env=os.environ | env, check=True)
    daphne = [
        sys.executable,
        "-m",
        "daphne",
        "-p",
        str(port),
        "mysite.asgi:application",
    ]
    with Process("Daphne", daphne, folder, folder.parent / "daphne.log", env) as server:
        server.wait_until(lambda: is_listening(port))
        yield port


def chat(port):
    """Ana writes, and Bia reads it."""
    page = httpx.get(f"http://localhost:{port}/chat/lobby/", trust_env=False)
    assert page.status_code == 200
    url, origin = f"ws://localhost:{port}/ws/chat/lobby/", f"http://localhost:{port}"
    with (
        connect(url, origin=origin, proxy=None) as ana,
        connect(url, origin=origin, proxy=None) as bia,
    ):
        ana.send(json.dumps({"text": "hi, Bia"}))
        assert json.loads(bia.recv(10))["text"] == "hi, Bia"


@pytest.mark.parametrize("project", FIVE, ids=lambda one: one.folder.name)
def test_three_faults_at_once_are_repaired_by_following_only_the_doctor(
    project, tmp_path, redis_url
):
    folder = project.build("broken", tmp_path / "project")
    taken = []
    while (finding := take_first(folder, "wrong")) is not None:
        taken.append(finding.name)
        assert len(taken) < 10, taken
    print("\n".join(taken))
    assert len(taken) >= 3
    with serving(folder, redis_url) as port:
        chat(port)


def test_there_are_five():
    assert len(FIVE) == 5
