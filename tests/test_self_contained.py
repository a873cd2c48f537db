"""Each step alone: its folder in an empty place, its README followed to the letter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import STEPS, refuse

from course import compare
from course.processes import Process, free_port
from course.servers import answers

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the README has other lines for Windows"
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)
def test_a_step_runs_and_passes_its_tests_with_its_own_requirements_alone(
    step, tmp_path, request
):
    folder = tmp_path / "somewhere else"
    compare.copy(step, folder)
    env = clean_environment()
    if "redis" in step.needs:
        url = request.getfixturevalue("redis_url")
        env["REDIS_URL"] = f"{url}/{int(step.number)}"

    *preparation, start = shell_lines(folder / "README.md", "Run it")
    assert start == "python manage.py runserver"
    prepared = bash(preparation, folder, env)
    if "pip" in prepared.stderr and "onnection" in prepared.stderr:
        refuse(f"The packages cannot be fetched: {prepared.stderr}")
    assert prepared.returncode == 0, prepared.stderr

    port = free_port()
    command = ["bash", "-c", f"source .venv/bin/activate && {start} {port}"]
    with Process("the step", command, folder, tmp_path / "log", env) as server:
        server.wait_until(lambda: answers(f"http://127.0.0.1:{port}/"))

    (test,) = shell_lines(folder / "README.md", "Test it")
    tested = bash(["source .venv/bin/activate", test], folder, env)
    assert tested.returncode == 0, tested.stdout
    assert re.search(r"\d+ passed in", tested.stdout)


def clean_environment() -> dict[str, str]:
    """Return an environment in which nothing of ours can be found."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE", "REDIS_URL"}
    env = {name: value for name, value in os.environ.items() if name not in ours}
    # The Python that made our environment, without the environment.
    env["PATH"] = os.pathsep.join([str(Path(sys.base_prefix, "bin")), os.defpath])
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
