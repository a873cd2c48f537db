"""Each step alone: its README followed to the letter, on the oldest and newest Python."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import STEPS, refuse
from pythons import named, pythons

from course import compare
from course.processes import Process, free_port
from course.servers import answers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform == "win32", reason="the README has other lines for Windows"
    ),
]

FOUND = pythons()
NEWEST = max(FOUND)
# The other tests run on this Python already, so the oldest is another case only if it's
# neither this one nor the newest.
VERSIONS = sorted({NEWEST, min(FOUND)} - ({sys.version_info[:2]} - {NEWEST}))

NEXT_DJANGO = "django~=6.1.0"
NEXT_NEEDS = (3, 12)  # of Python


@pytest.mark.parametrize("version", VERSIONS, ids=named)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)
def test_a_step_runs_and_passes_its_tests_with_its_own_requirements_alone(
    step, version, tmp_path, request
):
    folder = tmp_path / "somewhere else"
    compare.copy(step, folder)
    env = clean_environment(version, tmp_path)
    if "redis" in step.needs:
        url = request.getfixturevalue("redis_url")
        env["REDIS_URL"] = f"{url}/{int(step.number)}"

    *preparation, start = shell_lines(folder / "README.md", "Run it")
    start, _, port_of_the_readme = start.rpartition(" ")
    assert start == "python manage.py runserver"
    assert port_of_the_readme.isdecimal()
    prepared = bash([*preparation, "python --version"], folder, env)
    if "pip" in prepared.stderr and "onnection" in prepared.stderr:
        refuse(f"The packages cannot be fetched: {prepared.stderr}")
    assert prepared.returncode == 0, prepared.stderr
    assert f"Python {named(version)}." in prepared.stdout

    port = free_port()
    command = ["bash", "-c", f"source .venv/bin/activate && {start} {port}"]
    with Process("the step", command, folder, tmp_path / "log", env) as server:
        server.wait_until(lambda: answers(f"http://127.0.0.1:{port}/"))

    (test,) = shell_lines(folder / "README.md", "Test it")
    assert_passes(test, folder, env)
    if version >= NEXT_NEEDS:
        install = f"python -m pip install --quiet '{NEXT_DJANGO}'"
        says = "python -m django --version"
        installed = bash(["source .venv/bin/activate", install, says], folder, env)
        assert installed.stdout.startswith("6.1"), installed.stderr
        assert_passes(test, folder, env)


def assert_passes(test: str, folder: Path, env: dict[str, str]) -> None:
    """Run the tests of a step; a DeprecationWarning makes them fail, as any warning."""
    assert "filterwarnings = error" in (folder / "pytest.ini").read_text()
    tested = bash(["source .venv/bin/activate", test], folder, env)
    assert tested.returncode == 0, tested.stdout
    assert re.search(r"\d+ passed in", tested.stdout)


def test_the_oldest_and_the_newest_python_of_this_machine_are_tried():
    tried = {*VERSIONS, sys.version_info[:2]}
    assert {min(FOUND), max(FOUND)} <= tried


def clean_environment(version: tuple[int, int], folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of ours is found; `python3` is a version."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE", "REDIS_URL"}
    env = {name: value for name, value in os.environ.items() if name not in ours}
    programs = folder / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to(FOUND[version])
    env["PATH"] = os.pathsep.join([str(programs), os.defpath])
    return env


def shell_lines(readme: Path, heading: str) -> list[str]:
    """Return what a README tells to type on macOS and Linux, under one heading."""
    section = readme.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def bash(
    lines: list[str], folder: Path, env: dict[str, str]
) -> subprocess.CompletedProcess:
    """Type these lines into a shell, until one fails."""
    script = "\n".join(["set -e", *lines])
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True
    )
