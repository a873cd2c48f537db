"""Each diff of the page about upgrading: its old side fails as the page says."""

import json
import os
import re
import subprocess
import sys

import pytest
from channels_redis.utils import create_pool, decode_hosts
from conftest import STEPS
from readers import SOURCES

from course import compare

STEP = STEPS[2]
PAGE = SOURCES / "choosing" / "upgrading.md"
BLOCK = re.compile(r'^```diff title="([^"]*)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)

GET = """
import asyncio
from channels.testing import HttpCommunicator
from config.asgi import application

HOST = [(b"host", b"localhost")]

async def main():
    answer = await HttpCommunicator(application, "GET", "/chat/", headers=HOST).get_response(30)
    print("status", answer["status"])

asyncio.run(main())
"""

CONNECT = """
import asyncio
from channels.testing import WebsocketCommunicator
from config.asgi import application

async def main():
    socket = WebsocketCommunicator(application, "/ws/chat/class/")
    await socket.connect(timeout=30)
    print("received", await socket.receive_from(timeout=30))
    await socket.disconnect(timeout=30)

asyncio.run(main())
"""

WRAPPED = """
from channels.routing import ProtocolTypeRouter
from chat.middleware import LanguageMiddleware

async def inner(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": scope["language"]})
    await receive()

application = ProtocolTypeRouter({"websocket": LanguageMiddleware(inner)})
"""


def sides(title):
    """Return both sides of one of the page's diffs: before, and after."""
    (lines,) = [
        text.splitlines()
        for name, text in BLOCK.findall(PAGE.read_text("utf-8"))
        if name == title
    ]
    before, after = (
        "".join(f"{line[1:]}\n" for line in lines if not line.startswith(other))
        for other in "+-"
    )
    return before, after


@pytest.fixture
def project(tmp_path):
    """A copy of step 03 whose asgi.py, routing and consumer are those of the page."""
    folder = compare.copy(STEP, tmp_path / "project")
    for title in ("config/asgi.py", "chat/routing.py", "chat/consumers.py"):
        (folder / title).write_text(sides(title)[1], "utf-8")
    return folder


def run(folder, script):
    """Run a script in a project, and return all that it prints."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        encoding="utf-8",
    )
    return result.stdout + result.stderr


def test_after_all_diffs_the_pages_and_the_sockets_work(project):
    assert "status 200" in run(project, GET)
    printed = run(project, CONNECT)
    assert json.loads(printed.partition("received ")[2]) == {"room": "class"}


@pytest.mark.parametrize(
    ("title", "script", "error"),
    [
        ("config/asgi.py", GET, "No application configured for scope type 'http'"),
        (
            "chat/routing.py",
            CONNECT,
            "cannot import name 'url' from 'django.conf.urls'",
        ),
        (
            "chat/consumers.py",
            CONNECT,
            "missing 1 required positional argument: 'scope'",
        ),
    ],
)
def test_before_its_diff_a_file_fails_as_the_page_says(project, title, script, error):
    (project / title).write_text(sides(title)[0], "utf-8")
    assert error in run(project, script)


def test_a_route_without_as_asgi_fails_as_the_page_says(project):
    routing = project / "chat" / "routing.py"
    text = routing.read_text("utf-8").replace(".as_asgi()", "")
    routing.write_text(text, "utf-8")
    error = "object ChatConsumer can't be used in 'await' expression"
    assert error in run(project, CONNECT)


@pytest.mark.parametrize(
    ("side", "printed"),
    [(0, "takes 2 positional arguments but 4 were given"), (1, "received pt")],
)
def test_a_middleware_takes_three_arguments(project, side, printed):
    (project / "config" / "asgi.py").write_text(WRAPPED, "utf-8")
    path = project / "chat" / "middleware.py"
    path.write_text(sides("chat/middleware.py")[side], "utf-8")
    assert printed in run(project, CONNECT)


def test_a_dictionary_of_a_host_has_a_url():
    def hosts(side):
        names = {}
        exec(side, names)
        return names["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"]

    before, after = map(hosts, sides("config/settings.py: CHANNEL_LAYERS"))
    problem = "'tuple' object has no attribute 'decode'"
    with pytest.raises(AttributeError, match=problem):
        create_pool(decode_hosts(before)[0])
    pool = create_pool(decode_hosts(after)[0])
    assert pool.connection_kwargs["password"] == "secret"
    for same in ("redis://127.0.0.1:6379", ("127.0.0.1", 6379)):
        assert create_pool(decode_hosts([same])[0]).connection_kwargs["port"] == 6379


@pytest.mark.parametrize("module", ["http", "staticfiles"])
def test_the_modules_that_wrapped_django_are_gone(module):
    printed = run(STEP.path, f"import channels.{module}")
    assert f"ModuleNotFoundError: No module named 'channels.{module}'" in printed


def test_runworker_needs_channels_among_the_apps(project):
    settings = project / "config" / "settings.py"
    command = "from django.core.management import execute_from_command_line as run\n"
    command += "run(['manage.py', 'runworker', '--help'])"
    assert "Unknown command: 'runworker'" in run(project, command)
    text = settings.read_text("utf-8").replace('"daphne",', '"daphne", "channels",')
    settings.write_text(text, "utf-8")
    assert "usage:" in run(project, command)


def test_django_5_refuses_what_the_page_says(project):
    settings = project / "config" / "settings.py"
    text = settings.read_text("utf-8")
    settings.write_text(
        f'{text}\nCSRF_TRUSTED_ORIGINS = ["chat.example.org"]\n', "utf-8"
    )
    check = (
        "import django\ndjango.setup()\nfrom django.core.management import call_command"
    )
    assert "4_0.E001" in run(project, f"{check}\ncall_command('check')")
    old = "from django.conf import global_settings as g\n"
    assert run(project, f"{old}print(hasattr(g, 'STATICFILES_STORAGE'))") == "False\n"
    methods = "from django.contrib.auth.views import LogoutView as v\nprint(v.http_method_names)"
    assert "get" not in run(project, f"{check}\n{methods}")
