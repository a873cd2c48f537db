"""The chat without nginx, and the files that start it elsewhere."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.urls import resolve

PROJECT = Path(__file__).resolve().parents[1]
PUBLIC = {
    "DEBUG": "0",
    "SECRET_KEY": "0123456789" * 5,
    "ORIGINS": "https://chat.example.org",
}

ASK = """
import asyncio, json, sys
from asgiref.testing import ApplicationCommunicator
from {module} import application

HEADERS = [(b"host", b"chat.example.org"), (b"x-forwarded-proto", b"https")]

async def main(path):
    scope = {{"type": "http", "asgi": {{"version": "3.0"}}, "http_version": "1.1",
        "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "scheme": "http", "headers": HEADERS, "client": ("127.0.0.1", 1)}}
    asked = ApplicationCommunicator(application, scope)
    await asked.send_input({{"type": "http.request", "body": b""}})
    start = await asked.receive_output(20)
    headers = {{name.decode().lower(): value.decode() for name, value in start["headers"]}}
    print(json.dumps([start["status"], headers.get("cache-control", "")]))

asyncio.run(main(sys.argv[1]))
"""


def run(*command):
    """Run Python as on a public server, and return what it prints."""
    env = os.environ | PUBLIC
    env.pop("DJANGO_SETTINGS_MODULE", None)  # pytest's
    result = subprocess.run(
        [sys.executable, *command], cwd=PROJECT, env=env, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def asked(module, path):
    """Return the status and the Cache-Control with which an application answers."""
    env = "import os; os.environ.pop('DJANGO_SETTINGS_MODULE', None)"
    printed = run("-c", f"{env}\n{ASK.format(module=module)}", path)
    return json.loads(printed.splitlines()[-1])


@pytest.fixture(scope="module")
def hashed():
    """The URL of a script, as pages name it."""
    run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    (file,) = (PROJECT / "staticfiles" / "chat").glob("room.*[0-9a-f].js")
    return f"/static/chat/{file.name}"


def test_without_nginx_the_application_of_step_05_has_no_hashed_files(hashed):
    assert asked("config.asgi", hashed)[0] == 404


def test_on_a_platform_it_serves_them_and_lets_browsers_keep_them(hashed):
    status, cache = asked("config.platform", hashed)
    assert (status, "immutable" in cache) == (200, True)
    assert asked("config.platform", "/healthz/live")[0] == 200


def commands():
    """Return the commands that start a server process: of the Procfile, of Kubernetes."""
    procfile = (PROJECT / "Procfile").read_text("utf-8")
    web = re.search(r"^web: (.*)$", procfile, re.MULTILINE)[1]
    return [shlex.split(web.replace("$PORT", "8000")), container()["command"]]


def manifests():
    """Return what is in the files for Kubernetes, by kind."""
    texts = [
        path.read_text("utf-8") for path in (PROJECT / "deploy").glob("kube*.yaml")
    ]
    return {part["kind"]: part for text in texts for part in yaml.safe_load_all(text)}


def container():
    (container,) = manifests()["Deployment"]["spec"]["template"]["spec"]["containers"]
    return container


def test_both_start_daphne_with_the_options_of_the_image():
    text = (PROJECT / "deploy" / "Dockerfile").read_text("utf-8")
    image = json.loads(re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)[-1])
    for command in commands():
        assert [word for word in image if word not in command] == [image[-1]]
        assert command[-1] == "config.platform:application"


def test_kubernetes_asks_urls_that_exist():
    for probe in ("livenessProbe", "readinessProbe"):
        assert resolve(container()[probe]["httpGet"]["path"])


def test_the_parts_for_kubernetes_name_each_other():
    parts = manifests()
    pod = parts["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert parts["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert parts["Service"]["spec"]["selector"] == labels
    assert parts["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    job = parts["Job"]["spec"]["template"]["spec"]["containers"][0]
    for one in (container(), job):
        names = [source for part in one["envFrom"] for source in part.values()]
        assert {name["name"] for name in names} == {
            parts["ConfigMap"]["metadata"]["name"]
        }
    assert job["image"] == container()["image"]
    pause = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause < pod["spec"]["terminationGracePeriodSeconds"]
