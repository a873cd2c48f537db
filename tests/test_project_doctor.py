"""What `course doctor` says about a student's own project.

One healthy project, in which the doctor finds nothing; then one change for each
mistake, and the doctor names it, with its file and line. At the end the projects
that this course grew out of, and the five steps themselves.
"""

import re
from pathlib import Path

import pytest

from course.errors import CourseError
from course.project_doctor import examine
from course.project_doctor.advice import ADVICE

STEPS = sorted((Path(__file__).parent.parent / "steps").glob("[0-9]*/"))

MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os

DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = [
    "daphne",
    "django.contrib.staticfiles",
    "chat",
]
ASGI_APPLICATION = "mysite.asgi.application"
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
"""
ASGI = """\
import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django_application = get_asgi_application()

from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
    }
)
"""
ROUTING = """\
from django.urls import path

from chat import consumers

websocket_urlpatterns = [
    path("ws/chat/<str:room_name>/", consumers.ChatConsumer.as_asgi()),
]
"""
CONSUMERS = """\
import hashlib
import json

from channels.generic.websocket import AsyncWebsocketConsumer

from chat.models import Message


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group_name = group_name_of(room_name)
        await self.channel_layer.group_add(self.group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group_name, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        try:
            text = json.loads(text_data)["text"]
        except (TypeError, KeyError, json.JSONDecodeError):
            await self.close()
            return
        await Message.objects.acreate(text=text)
        await self.channel_layer.group_send(
            self.group_name,
            {"type": "chat.message", "text": text},
        )

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"text": event["text"]}))


def group_name_of(room_name):
    return "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32]
"""
HEALTHY = {
    "manage.py": MANAGE,
    "mysite/__init__.py": "",
    "mysite/settings.py": SETTINGS,
    "mysite/asgi.py": ASGI,
    "chat/__init__.py": "",
    "chat/models.py": """\
from django.db import models


class Message(models.Model):
    text = models.TextField()
""",
    "chat/routing.py": ROUTING,
    "chat/consumers.py": CONSUMERS,
    "chat/views.py": """\
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.shortcuts import render


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})


def announce(text):
    layer = get_channel_layer()
    async_to_sync(layer.group_send)("all", {"type": "chat.message", "text": text})
""",
    "chat/templates/chat/room.html": """\
<main data-room-name="{{ room_name }}"></main>
<script src="/static/chat/room.js"></script>
""",
    "chat/static/chat/room.js": """\
const room = encodeURIComponent(document.querySelector("main").dataset.roomName);
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${room}/`);

// Never innerHTML = message: typed text must not become markup.
socket.addEventListener("message", ({ data }) => {
  const item = document.createElement("li");
  item.textContent = JSON.parse(data).text;
  document.querySelector("main").append(item);
});
""",
    "requirements.txt": """\
django~=5.2
channels~=4.3
channels-redis~=4.3
redis<8  # channels-redis 4.3 and redis-py 8 do not get along
daphne>=4.2.2
""",
    "compose.yaml": """\
services:
  web:
    build: .
    environment:
      REDIS_URL: redis://redis:6379
  redis:
    image: redis:7
    ports:
      - "127.0.0.1:6379:6379"
""",
    "README.md": """\
Start Redis, then the chat:

    docker run --rm -p 127.0.0.1:6379:6379 redis:7
    python3 -m pip install -r requirements.txt
    python3 manage.py runserver
""",
}

SETTINGS_FILE, ASGI_FILE = "mysite/settings.py", "mysite/asgi.py"
ROUTES, CONSUMER, VIEWS = "chat/routing.py", "chat/consumers.py", "chat/views.py"
SCRIPT, PAGE = "chat/static/chat/room.js", "chat/templates/chat/room.html"
ROUTE = 'path("ws/chat/<str:room_name>/"'
IN_MEMORY = '"BACKEND": "channels.layers.InMemoryChannelLayer"'
REDIS = '"BACKEND": "channels_redis.core.RedisChannelLayer"'
EVENT = '{"type": "chat.message", "text": text},\n        )'
ADD = "await self.channel_layer.group_add(self.group_name, self.channel_name)"
SOCKET = "new WebSocket(`${scheme}://${location.host}/ws/chat/${room}/`)"


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def changed(*changes):
    """The healthy project's files after replacements (file, old, new)."""
    files = dict(HEALTHY)
    for file, old, new in changes:
        assert old in files[file], f"the healthy project has no {old!r} in {file}"
        files[file] = files[file].replace(old, new, 1)
    return files


def name_of(finding):
    """The name of the advice that a finding is made from."""
    for name, (level, what, _) in ADVICE.items():
        pattern = re.sub(r"\\\$\w+", ".*", re.escape(what.template))
        if level == finding.level and re.fullmatch(pattern, finding.what):
            return name
    raise AssertionError(f"not from ADVICE: {finding}")


def found(folder):
    return {(name_of(finding), finding.where) for finding in examine(folder)}


def line(text, files, file):
    """ "file:12" where the text stands; a text of None means the file as a whole."""
    if text is None:
        return file
    numbers = [n for n, row in enumerate(files[file].splitlines(), 1) if text in row]
    assert numbers, f"no {text!r} in {file}"
    return f"{file}:{numbers[0]}"


def test_a_healthy_project_is_left_in_peace(tmp_path):
    assert examine(write(tmp_path, HEALTHY)) == []


# What the student did; the change; what the doctor calls it; the line it points at.
MISTAKES = [
    (
        "daphne forgotten in INSTALLED_APPS",
        [(SETTINGS_FILE, '    "daphne",\n', "")],
        "daphne-missing",
        "INSTALLED_APPS",
    ),
    (
        "daphne forgotten, in a project that is started with uvicorn",
        [
            (SETTINGS_FILE, '    "daphne",\n', ""),
            (
                "README.md",
                "python3 manage.py runserver",
                "uvicorn mysite.asgi:application",
            ),
        ],
        "daphne-by-hand",
        "INSTALLED_APPS",
    ),
    (
        "daphne after staticfiles",
        [
            (SETTINGS_FILE, '    "daphne",\n', ""),
            (
                SETTINGS_FILE,
                '    "chat",\n]',
                ']\nINSTALLED_APPS += ["daphne", "chat"]',
            ),
        ],
        "daphne-late",
        "+= ",
    ),
    (
        "manage.py names settings that are not there",
        [("manage.py", "mysite.settings", "mysit.settings")],
        "settings-not-found",
        None,
    ),
    (
        "ASGI_APPLICATION forgotten",
        [(SETTINGS_FILE, 'ASGI_APPLICATION = "mysite.asgi.application"\n', "")],
        "asgi-setting-missing",
        None,
    ),
    (
        "ASGI_APPLICATION names a file that is not there",
        [(SETTINGS_FILE, "mysite.asgi.application", "mysite.routing.application")],
        "asgi-module-missing",
        "ASGI_APPLICATION",
    ),
    (
        "ASGI_APPLICATION names something that the file does not have",
        [(SETTINGS_FILE, "mysite.asgi.application", "mysite.asgi.app")],
        "asgi-name-missing",
        "ASGI_APPLICATION",
    ),
    (
        "routing imported too early, with models behind it",
        [(ASGI_FILE, "import os\n", "import os\nimport chat.routing\n")],
        "models-before-apps",
        "import chat.routing",
    ),
    (
        "routing imported too early, without models",
        [
            (ASGI_FILE, "import os\n", "import os\nfrom chat import routing\n"),
            (CONSUMER, "from chat.models import Message\n", ""),
            (CONSUMER, "        await Message.objects.acreate(text=text)\n", ""),
        ],
        "routing-before-apps",
        "from chat import routing",
    ),
    (
        "the application that startproject wrote",
        [
            (
                ASGI_FILE,
                ASGI[ASGI.index("application = Pro") :],
                "application = django_application",
            )
        ],
        "asgi-http-only",
        "django_application = get",
    ),
    (
        "a router with http only",
        [(ASGI_FILE, ASGI[ASGI.index('        "websocket"') :], "    }\n)\n")],
        "router-without-websocket",
        '"http": django',
    ),
    (
        "no look at the Origin",
        [(ASGI_FILE, "AllowedHostsOriginValidator(URLRouter", "(URLRouter")],
        "no-origin-check",
        '"websocket":',
    ),
    (
        "every host allowed",
        [(SETTINGS_FILE, '["localhost", "127.0.0.1"]', '["*"]')],
        "hosts-open",
        "ALLOWED_HOSTS",
    ),
    (
        "as_asgi forgotten",
        [(ROUTES, ".as_asgi()", "")],
        "no-as-asgi",
        "path(",
    ),
    (
        "as_asgi without its parentheses",
        [(ROUTES, ".as_asgi()", ".as_asgi")],
        "no-as-asgi",
        "path(",
    ),
    (
        "a route without the last slash",
        [(ROUTES, "<str:room_name>/", "<str:room_name>")],
        "slash",
        f"{SCRIPT}|new WebSocket",
    ),
    (
        "a page that opens the socket without the last slash",
        [
            (
                SCRIPT,
                SOCKET,
                "new WebSocket(scheme + '://' + location.host + '/ws/chat/' + room)",
            )
        ],
        "slash",
        "new WebSocket",
    ),
    (
        "a page that opens the socket by way of a variable, without the last slash",
        [
            (
                SCRIPT,
                SOCKET,
                "url); const url = `/ws/chat/${room}?since=4`; new WebSocket(url)",
            )
        ],
        "slash",
        "new WebSocket",
    ),
    (
        "the room pattern of the old tutorials",
        [
            (ROUTES, "import path", "import re_path"),
            (ROUTES, ROUTE, r're_path(r"ws/chat/(?P<room_name>\w+)/$"'),
        ],
        "room-pattern",
        "re_path(r",
    ),
    (
        "the room name as it was typed, in an f-string",
        [(CONSUMER, "group_name_of(room_name)", 'f"chat_{room_name}"')],
        "group-name",
        'f"chat_',
    ),
    (
        "the room name as it was typed, added to a text",
        [(CONSUMER, "group_name_of(room_name)", '"chat_" + room_name.lower()')],
        "group-name",
        '"chat_" +',
    ),
    (
        "the room name as it was typed, with a percent sign",
        [(CONSUMER, "group_name_of(room_name)", '"chat_%s" % room_name')],
        "group-name",
        '"chat_%s"',
    ),
    (
        "no channel layer",
        [(SETTINGS_FILE, SETTINGS[SETTINGS.index("CHANNEL_LAYERS") :], "")],
        "no-layer",
        f"{CONSUMER}|group_add",
    ),
    (
        "the in-memory layer",
        [
            (SETTINGS_FILE, REDIS, IN_MEMORY),
            ("requirements.txt", "channels-redis~=4.3\n", ""),
        ],
        "in-memory",
        "BACKEND",
    ),
    (
        "the in-memory layer, with channels-redis installed",
        [(SETTINGS_FILE, REDIS, IN_MEMORY)],
        "in-memory-unused-redis",
        "BACKEND",
    ),
    (
        "localhost in a container",
        [(SETTINGS_FILE, "[REDIS_URL]", '[("localhost", 6379)]')],
        "redis-localhost",
        "CHANNEL_LAYERS",
    ),
    (
        "Redis not mentioned",
        [
            ("README.md", "Start Redis, then the chat:", "Start the chat:"),
            ("README.md", "    docker run --rm -p 127.0.0.1:6379:6379 redis:7\n", ""),
            ("compose.yaml", "    image: redis:7\n", "    image: postgres\n"),
        ],
        "redis-unmentioned",
        "README.md|",
    ),
    (
        "an old Redis image",
        [("compose.yaml", "redis:7", "redis:5")],
        "redis-old-image",
        "redis:5",
    ),
    (
        "an old Redis by docker run",
        [("README.md", "redis:7", "redis:5-alpine")],
        "redis-old-image",
        "redis:5",
    ),
    (
        "Redis open to the network",
        [("compose.yaml", "127.0.0.1:6379:6379", "6379:6379")],
        "redis-open",
        '- "6379',
    ),
    (
        "Redis open to the network by docker run",
        [("README.md", "127.0.0.1:6379:6379", "6379:6379")],
        "redis-open",
        "docker run",
    ),
    (
        "channels 3 with channels-redis 2",
        [
            ("requirements.txt", "channels~=4.3", "channels>=3.0"),
            ("requirements.txt", "channels-redis~=4.3", "channels-redis==2.4.2"),
        ],
        "conflict",
        "channels-redis",
    ),
    (
        "an old daphne",
        [("requirements.txt", "daphne>=4.2.2", "daphne==4.2.1")],
        "daphne-old",
        "daphne",
    ),
    (
        "an old channels",
        [
            ("requirements.txt", "channels~=4.3", "channels<4"),
            ("requirements.txt", "daphne>=4.2.2\n", ""),
        ],
        "channels-old",
        "channels<4",
    ),
    (
        "django-channels",
        [("requirements.txt", "channels~=4.3\n", "django-channels\n")],
        "django-channels",
        "django-channels",
    ),
    (
        "aioredis",
        [("requirements.txt", "daphne>=4.2.2", "daphne>=4.2.2\naioredis==2.0.1")],
        "aioredis",
        "aioredis",
    ),
    (
        "a package for Windows only",
        [
            (
                "requirements.txt",
                "daphne>=4.2.2",
                "daphne>=4.2.2\ntwisted-iocpsupport==1.0.4",
            )
        ],
        "windows-only",
        "iocp",
    ),
    (
        "redis-py not pinned",
        [("requirements.txt", "redis<8", "redis>=7")],
        "redis-unpinned",
        "channels-redis",
    ),
    (
        "python install in place of pip install",
        [("README.md", "python3 -m pip install", "python3 install")],
        "readme-install",
        "install",
    ),
    (
        "channels[daphne] without quotes",
        [("README.md", "-r requirements.txt", '-U channels["daphne"]')],
        "readme-zsh",
        "channels[",
    ),
    (
        "a template that is not there",
        [(VIEWS, "chat/room.html", "home.html")],
        "template-missing",
        "home.html",
    ),
    (
        "ws:// written out",
        [(SCRIPT, "`${scheme}://", "`ws://")],
        "hard-coded-ws",
        "new WebSocket",
    ),
    (
        "127.0.0.1 written out",
        [(SCRIPT, "${location.host}", "127.0.0.1:8000")],
        "hard-coded-host",
        "new WebSocket",
    ),
    (
        "await forgotten before accept",
        [(CONSUMER, "await self.accept()", "self.accept()")],
        "not-awaited",
        "self.accept()",
    ),
    (
        "await forgotten before group_send",
        [
            (
                CONSUMER,
                "await self.channel_layer.group_send",
                "self.channel_layer.group_send",
            )
        ],
        "not-awaited",
        "group_send",
    ),
    (
        "group_send in a plain function",
        [(VIEWS, "async_to_sync(layer.group_send)", "layer.group_send")],
        "not-awaited-sync",
        "layer.group_send",
    ),
    (
        "a parenthesis in the wrong place",
        [
            (VIEWS, '(layer.group_send)("all", ', '(layer.group_send("all", '),
            (VIEWS, "text})", "text}))"),
        ],
        "parenthesis",
        "async_to_sync(layer",
    ),
    (
        "time.sleep in a consumer",
        [(CONSUMER, "await self.close()", "time.sleep(1)")],
        "blocking",
        "time.sleep",
    ),
    (
        "sleep imported from time",
        [
            (CONSUMER, "import json\n", "import json\nfrom time import sleep\n"),
            (CONSUMER, "await self.close()", "sleep(1)"),
        ],
        "blocking",
        "sleep(1)",
    ),
    (
        "the database asked in an async method",
        [(CONSUMER, "await Message.objects.acreate", "Message.objects.create")],
        "sync-orm",
        "objects.create",
    ),
    (
        "a plain for over a query in an async method",
        [
            (
                CONSUMER,
                "        await self.accept()\n",
                "        await self.accept()\n"
                "        for message in Message.objects.filter(room=1):\n"
                "            await self.send(message.text)\n",
            )
        ],
        "sync-orm",
        "objects.filter",
    ),
    (
        "a slip in the type of an event",
        [(CONSUMER, EVENT, EVENT.replace("message", "mesage"))],
        "no-handler",
        "mesage",
    ),
    (
        "an event without a type",
        [(CONSUMER, EVENT, EVENT.replace("type", "kind"))],
        "no-type",
        '"kind"',
    ),
    (
        "json.loads that trusts the client",
        [
            (
                CONSUMER,
                CONSUMERS[
                    CONSUMERS.index("        try:") : CONSUMERS.index(
                        "        await Mess"
                    )
                ],
                '        text = json.loads(text_data)["text"]\n',
            )
        ],
        "json-trusted",
        "json.loads",
    ),
    (
        "receive as in the tutorial",
        [(CONSUMER, "text_data=None, bytes_data=None", "text_data")],
        "receive-signature",
        "def receive",
    ),
    (
        "mark_safe around json.dumps",
        [
            (
                VIEWS,
                '{"room_name": room_name}',
                '{"room_name": mark_safe(json.dumps(room_name))}',
            )
        ],
        "mark-safe",
        "mark_safe",
    ),
    (
        "innerHTML with what was typed",
        [
            (
                SCRIPT,
                "item.textContent = JSON.parse(data).text;",
                "item.innerHTML = `<b>${JSON.parse(data).text}</b>`;",
            )
        ],
        "inner-html",
        "item.innerHTML",
    ),
    (
        "a connect that never accepts",
        [(CONSUMER, "        await self.accept()\n", "")],
        "never-accepts",
        "def connect",
    ),
    (
        "a group that is never left",
        [
            (
                CONSUMER,
                "await self.channel_layer.group_discard(self.group_name, self.channel_name)",
                "pass",
            )
        ],
        "no-discard",
        "group_add",
    ),
]


@pytest.mark.parametrize(
    ("changes", "name", "place"),
    [mistake[1:] for mistake in MISTAKES],
    ids=[mistake[0] for mistake in MISTAKES],
)
def test_a_mistake_is_found_and_nothing_else(tmp_path, changes, name, place):
    files = changed(*changes)
    file, _, text = (place or "").rpartition("|")
    file = file or changes[0][0]
    expected = line(text or None, files, file)
    assert found(write(tmp_path, files)) == {(name, expected)}


def test_every_advice_is_seen_in_this_file():
    elsewhere = {"not-python", "not-utf8", "requirements-utf16", "requirements-nul"}
    assert {mistake[2] for mistake in MISTAKES} | elsewhere == set(ADVICE)


# What looks like a mistake and is none: the doctor says nothing.
FINE = {
    "settings that depend on the machine": [
        (
            SETTINGS_FILE,
            SETTINGS[SETTINGS.index("CHANNEL_LAYERS") :],
            "if os.environ.get('REDIS_URL'):\n    CHANNEL_LAYERS = {}\n"
            f"else:\n    CHANNEL_LAYERS = {{'default': {{{IN_MEMORY}}}}}\n",
        )
    ],
    "settings that come partly from another file": [
        (SETTINGS_FILE, '    "daphne",\n', ""),
        (SETTINGS_FILE, "import os\n", "import os\nfrom shared import OUR_APPS\n"),
        (SETTINGS_FILE, '    "chat",\n', "    *OUR_APPS,\n"),
    ],
    "settings that a local file may complete": [
        (SETTINGS_FILE, 'ASGI_APPLICATION = "mysite.asgi.application"\n', ""),
        (
            SETTINGS_FILE,
            "DEBUG = True\n",
            "DEBUG = True\ntry:\n    from .local_settings import *\n"
            "except ImportError:\n    pass\n",
        ),
    ],
    "daphne put in front afterwards": [
        (SETTINGS_FILE, '    "daphne",\n', ""),
        (SETTINGS_FILE, "ASGI_APP", 'INSTALLED_APPS.insert(0, "daphne")\nASGI_APP'),
    ],
    "a list with a plus sign": [
        (SETTINGS_FILE, '[\n    "daphne",\n', '["daphne"] + [\n'),
    ],
    "an application without Channels' router": [
        (ASGI_FILE, ASGI[ASGI.index("application = Pro") :], ""),
        (
            ASGI_FILE,
            "django_app",
            "async def application(scope, receive, send): ...\n\ndjango_app",
        ),
    ],
    "a group named after a number": [
        (ROUTES, "<str:room_name>", "<int:room_name>"),
        (CONSUMER, "group_name_of(room_name)", 'f"chat_{room_name}"'),
    ],
    "a room name that is made safe first": [
        (
            CONSUMER,
            "        self.group_name",
            "        room_name = slug(room_name)\n        self.group_name",
        ),
        (CONSUMER, "group_name_of(room_name)", 'f"chat_{room_name}"'),
    ],
    "a route without its end": [
        (ROUTES, ROUTE, r're_path(r"ws/chat/(?P<room_name>[^/]+)"'),
    ],
    "an address that ends in the page's own path": [
        (SCRIPT, "/ws/chat/${room}/", "/ws${location.pathname}"),
    ],
    "an address with something after the slash": [
        (SCRIPT, "${room}/`)", "${room}/?since=${last}`, ['chat.v1'])"),
    ],
    "an address put together with plus signs": [
        (
            SCRIPT,
            SOCKET,
            "new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://')"
            " + location.host + '/ws/chat/' + room + '/')",
        )
    ],
    "an address that ends in a template variable": [
        (
            SCRIPT,
            SOCKET,
            "new WebSocket('wss://' + location.host + '/ws/chat/{{ room }}/')",
        ),
    ],
    "the database asked by way of a thread": [
        (
            CONSUMER,
            "await Message.objects.acreate(text=text)",
            "await database_sync_to_async(Message.objects.create)(text=text)\n"
            "        await sync_to_async(lambda: Message.objects.get(id=1))()\n"
            "        async for message in Message.objects.filter(room=1): print(message)",
        )
    ],
    "a plain method that asks the database": [
        (
            CONSUMER,
            "    async def disconnect",
            "    @database_sync_to_async\n    def save(self):\n"
            "        Message.objects.create()\n        time.sleep(0)\n\n"
            "    async def disconnect",
        )
    ],
    "an event whose type is worked out": [
        (CONSUMER, EVENT, EVENT.replace('"chat.message"', 'f"chat.{kind}"')),
    ],
    "an event that is put together": [
        (CONSUMER, EVENT, EVENT.replace('"type": "chat.message"', "**event")),
    ],
    "a consumer on a base from elsewhere": [
        (CONSUMER, "(AsyncWebsocketConsumer)", "(TheirMixin, AsyncWebsocketConsumer)"),
        (CONSUMER, "        await self.accept()\n", ""),
        (CONSUMER, EVENT, EVENT.replace("chat.message", "their.message")),
    ],
    "a helper that accepts": [
        (CONSUMER, "await self.accept()", "await self.let_in()"),
        (
            CONSUMER,
            "    async def disconnect",
            "    async def let_in(self):\n        await self.accept()\n\n    async def disconnect",
        ),
    ],
    "tasks that are awaited later": [
        (CONSUMER, "await self.close()", "asyncio.create_task(self.close())"),
        (CONSUMER, "await self.accept()", "await asyncio.gather(self.accept())"),
    ],
    "an announcement that is awaited": [
        (VIEWS, "def announce", "async def announce"),
        (VIEWS, "async_to_sync(layer.group_send)", "await layer.group_send"),
    ],
    "innerHTML without anybody's text": [
        (
            SCRIPT,
            "item.textContent =",
            'item.innerHTML = "<b>message</b>"; item.textContent =',
        ),
    ],
    "another page's template": [
        (VIEWS, "chat/room.html", "account/login.html"),
    ],
    "a lock file": [
        ("requirements.txt", "channels~=4.3", "channels==4.3.2"),
        ("requirements.txt", "redis<8", "redis==7.4.1 --hash=sha256:00"),
        ("requirements.txt", "daphne>=4.2.2", "daphne==4.2.*"),
    ],
    "a Windows package for Windows": [
        (
            "requirements.txt",
            "daphne>=4.2.2",
            'daphne>=4.2.2\ntwisted-iocpsupport; sys_platform == "win32"',
        )
    ],
    "localhost, with only Redis in a container": [
        (SETTINGS_FILE, "[REDIS_URL]", '[("localhost", 6379)]'),
        ("compose.yaml", HEALTHY["compose.yaml"].split("  redis:")[0], "services:\n"),
    ],
}


@pytest.mark.parametrize("changes", FINE.values(), ids=FINE)
def test_what_only_looks_like_a_mistake_is_left_in_peace(tmp_path, changes):
    assert examine(write(tmp_path, changed(*changes))) == []


def test_settings_in_several_files_are_read_as_one(tmp_path):
    files = changed((SETTINGS_FILE, '    "daphne",\n', ""))
    files["mysite/settings/base.py"] = files.pop(SETTINGS_FILE)
    files["mysite/settings/__init__.py"] = "from .dev import *\n"
    files["mysite/settings/dev.py"] = (
        'from .base import *\n\nINSTALLED_APPS += ["daphne"]\n'
    )
    assert found(write(tmp_path, files)) == {
        ("daphne-late", "mysite/settings/dev.py:3")
    }


def test_channels_3_brings_its_own_runserver(tmp_path):
    files = changed((SETTINGS_FILE, '"daphne"', '"channels"'))
    files["requirements.txt"] = "channels==3.0.5\nchannels-redis==3.4.1\n"
    assert found(write(tmp_path, files)) == {("channels-old", "requirements.txt:1")}


def test_a_project_below_the_folder_is_found(tmp_path):
    files = changed((CONSUMER, "await self.accept()", "self.accept()"))
    write(tmp_path / "src", files)
    place = line("self.accept()", files, CONSUMER)
    assert found(tmp_path) == {("not-awaited", f"src/{place}")}


def test_two_projects_in_one_folder_are_both_examined(tmp_path):
    write(tmp_path / "one", changed(("requirements.txt", "redis<8", "")))
    write(tmp_path / "two", changed((CONSUMER, "await self.accept()", "pass")))
    names = {(name, where.split("/")[0]) for name, where in found(tmp_path)}
    assert names == {("redis-unpinned", "one"), ("never-accepts", "two")}


def test_what_is_wrong_comes_before_what_is_a_risk(tmp_path):
    files = changed(
        (CONSUMER, "await self.accept()", "self.accept()"),
        ("README.md", "127.0.0.1:6379:6379", "6379:6379"),
        ("compose.yaml", "redis:7", "redis:5"),
    )
    levels = [finding.level for finding in examine(write(tmp_path, files))]
    assert levels == ["wrong", "risk", "risk"]


# Odd files and odd folders.


def test_a_syntax_error_is_named_with_its_line(tmp_path):
    files = {**HEALTHY, "chat/urls.py": "import os\n\nurlpatterns = [\n"}
    [finding] = examine(write(tmp_path, files))
    assert (finding.level, finding.where) == ("wrong", "chat/urls.py:3")
    assert "'[' was never closed" in finding.what


@pytest.mark.parametrize("file", ["chat/urls.py", "chat/templates/chat/old.html"])
def test_a_file_from_an_old_editor_is_named(tmp_path, file):
    files = {**HEALTHY, file: "# uma\n# olá\n".encode("latin-1")}
    assert found(write(tmp_path, files)) == {("not-utf8", f"{file}:2")}


def test_requirements_written_by_powershell(tmp_path):
    text = HEALTHY["requirements.txt"].replace("\n", "\r\n").encode("utf-16")
    files = {**HEALTHY, "requirements.txt": text}
    assert found(write(tmp_path, files)) == {("requirements-utf16", "requirements.txt")}


def test_requirements_in_utf16_without_a_mark(tmp_path):
    text = HEALTHY["requirements.txt"].encode("utf-16-le")
    [finding] = examine(write(tmp_path, {**HEALTHY, "requirements.txt": text}))
    assert (finding.level, finding.where) == ("wrong", "requirements.txt")
    assert r"Invalid requirement: 'd\x00j\x00a" in finding.what


@pytest.mark.parametrize(
    "text",
    [b"\0\0\0", b"# coding: nonsense\n", b"(" * 3000, b"x = " + b"-" * 90_000 + b"1"],
    ids=["zero bytes", "unknown coding", "brackets", "minus signs"],
)
def test_python_that_nobody_can_read_is_named(tmp_path, text):
    files = {**HEALTHY, "chat/odd.py": text}
    assert {name for name, _ in found(write(tmp_path, files))} == {"not-python"}


@pytest.mark.parametrize("file", [SETTINGS_FILE, ASGI_FILE, CONSUMER, "manage.py"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1" + " + 1" * 900,
        "x = a" + ".b" * 900 + "()",
        'path("[", C.as_asgi())',
        r'"\w"',
    ],
    ids=[
        "nothing",
        "a long sum",
        "a long path",
        "a broken pattern",
        "an odd backslash",
    ],
)
def test_odd_python_stops_nothing(tmp_path, file, text):
    examine(write(tmp_path, {**HEALTHY, file: text}))


@pytest.mark.parametrize(
    "file", ["README.md", "compose.yaml", "pyproject.toml", SCRIPT]
)
def test_odd_texts_stop_nothing(tmp_path, file):
    for text in (b"", b"\xff\xfe\xff", b"\xe1\n", b"new WebSocket(", b"[project]\n= ="):
        examine(write(tmp_path, {**HEALTHY, file: text}))


def test_what_is_not_the_students_own_is_not_read(tmp_path):
    folders = ".venv venv node_modules .git chat/migrations __pycache__".split()
    odd = {f"{folder}/odd.py": "(" for folder in folders}
    odd |= {"my-env/pyvenv.cfg": "", "my-env/odd.py": "("}
    odd |= {"chat/static/jquery-3.7.js": "item.innerHTML = text;"}
    assert examine(write(tmp_path, {**HEALTHY, **odd})) == []


def test_the_readme_of_a_tool_is_not_the_students(tmp_path):
    files = {**HEALTHY, ".pytest_cache/README.md": "# pytest cache directory"}
    del files["README.md"], files["compose.yaml"]
    assert examine(write(tmp_path, files)) == []


def test_two_consumers_of_one_name_are_two(tmp_path):
    other = CONSUMERS.replace("chat.message", "game.move").replace(
        "chat_message", "game_move"
    )
    files = {**HEALTHY, "game/consumers.py": other}
    assert examine(write(tmp_path / "fine", files)) == []
    files["chat/consumers.py"] = CONSUMERS.replace("await self.accept()", "pass")
    place = line("def connect", files, CONSUMER)
    assert found(write(tmp_path / "ill", files)) == {("never-accepts", place)}


def test_what_a_base_class_does_counts(tmp_path):
    base = CONSUMERS[: CONSUMERS.index("    async def receive")]
    base += CONSUMERS[CONSUMERS.index("\n\ndef group_name_of") :]
    base = base.replace("class ChatConsumer", "class Room")
    above = CONSUMERS[: CONSUMERS.index("    async def connect")]
    above += CONSUMERS[CONSUMERS.index("    async def receive") :]
    above = above.replace("(AsyncWebsocketConsumer)", "(Room)")
    files = {**HEALTHY, "chat/rooms.py": base, CONSUMER: above}
    assert examine(write(tmp_path, files)) == []


def test_links_that_lead_in_circles_stop_nothing(tmp_path):
    write(tmp_path, HEALTHY)
    try:
        (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
        (tmp_path / "gone.py").symlink_to(tmp_path / "nothing.py")
    except OSError:
        pytest.skip("this system makes no symbolic links")
    assert examine(tmp_path) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CourseError, match="There is no folder .*nowhere"):
        examine(tmp_path / "nowhere")


def test_a_folder_without_a_project(tmp_path):
    with pytest.raises(CourseError, match="No manage.py in"):
        examine(tmp_path)


# The project of the official Channels tutorial, after its third part.

TUTORIAL = {
    "manage.py": MANAGE,
    "mysite/settings.py": f"""\
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = [
    'daphne',
    'chat',
    'django.contrib.admin',
    'django.contrib.staticfiles',
]
TEMPLATES = [{{'DIRS': [], 'APP_DIRS': True}}]
DATABASES = {{'default': {{'NAME': BASE_DIR / 'db.sqlite3'}}}}
ASGI_APPLICATION = "mysite.asgi.application"
CHANNEL_LAYERS = {{
    "default": {{{REDIS}, "CONFIG": {{"hosts": [("127.0.0.1", 6379)]}}}},
}}
""",
    "mysite/asgi.py": """\
import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
# Initialize Django ASGI application early to ensure the AppRegistry
# is populated before importing code that may import ORM models.
django_asgi_app = get_asgi_application()

import chat.routing

application = ProtocolTypeRouter(
    {
        "http": django_asgi_app,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(chat.routing.websocket_urlpatterns))
        ),
    }
)
""",
    "chat/routing.py": r"""
from django.urls import re_path

from . import consumers

websocket_urlpatterns = [
    re_path(r"ws/chat/(?P<room_name>\w+)/$", consumers.ChatConsumer.as_asgi()),
]
""",
    "chat/consumers.py": """\
import json

from channels.generic.websocket import AsyncWebsocketConsumer


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room_group_name = f"chat_{self.room_name}"

        # Join room group
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)

        await self.accept()

    async def disconnect(self, close_code):
        # Leave room group
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    # Receive message from WebSocket
    async def receive(self, text_data):
        text_data_json = json.loads(text_data)
        message = text_data_json["message"]

        # Send message to room group
        await self.channel_layer.group_send(
            self.room_group_name, {"type": "chat.message", "message": message}
        )

    # Receive message from room group
    async def chat_message(self, event):
        message = event["message"]

        # Send message to WebSocket
        await self.send(text_data=json.dumps({"message": message}))
""",
    "chat/views.py": """\
from django.shortcuts import render

def index(request):
    return render(request, "chat/index.html")

def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})
""",
    "chat/templates/chat/index.html": "What chat room would you like to enter?<br>",
    "chat/templates/chat/room.html": """\
<script>
  const roomName = JSON.parse(document.getElementById('room-name').textContent);

  const chatSocket = new WebSocket(
      'ws://'
      + window.location.host
      + '/ws/chat/'
      + roomName
      + '/'
  );

  chatSocket.onmessage = function(e) {
      const data = JSON.parse(e.data);
      document.querySelector('#chat-log').value += (data.message + '\\n');
  };
</script>
""",
}


def test_the_official_tutorial_works_and_has_its_risks(tmp_path):
    assert found(write(tmp_path, TUTORIAL)) == {
        ("room-pattern", "chat/routing.py:7"),
        ("group-name", "chat/consumers.py:9"),
        ("receive-signature", "chat/consumers.py:21"),
        ("json-trusted", "chat/consumers.py:22"),
        ("hard-coded-ws", "chat/templates/chat/room.html:4"),
    }


def test_the_sync_consumer_of_the_official_tutorial_works_too(tmp_path):
    sync = TUTORIAL["chat/consumers.py"].replace("AsyncWeb", "Web")
    sync = sync.replace("async def", "def").replace("await self.", "self.")
    for verb in ("group_add", "group_discard", "group_send"):
        sync = sync.replace(
            f"self.channel_layer.{verb}(", f"async_to_sync(self.channel_layer.{verb})("
        )
    levels = {
        f.level
        for f in examine(write(tmp_path, {**TUTORIAL, "chat/consumers.py": sync}))
    }
    assert levels == {"risk"}


# Two real projects that this course grew out of, as far as they matter here.

SALA_DE_BATE_PAPO = {
    "manage.py": MANAGE.replace("mysite", "realtime"),
    "requirements.txt": "\r\n".join(
        [
            "channels==4.3.0",
            "channels_redis==4.3.0",
            "daphne==4.2.1",
            "Django==5.2.4",
            "django-bootstrap4==25.2",
            "whitenoise==6.9.0",
        ]
    ).encode("utf-16"),
    "README.md": "pip install django channels channels-redis daphne whitenoise\n"
    "daphne realtime.asgi:application\n",
    "realtime/settings.py": f"""\
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "channels",
    "chat",
]
ASGI_APPLICATION = "realtime.asgi.application"
CHANNEL_LAYERS = {{"default": {{{IN_MEMORY}}}}}
""",
    "realtime/asgi.py": """\
import os
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
import chat.routing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realtime.settings")
application = ProtocolTypeRouter({
    "http": get_asgi_application(),
    "websocket": AuthMiddlewareStack(URLRouter(chat.routing.websocket_urlpatterns)),
})
""",
    "chat/routing.py": r"""
from django.urls import re_path
from . import consumers

websocket_urlpatterns = [
    re_path(r"ws/chat/(?P<nome_sala>\w+)/$", consumers.ChatConsumer.as_asgi()),
]
""",
    "chat/consumers.py": """\
import json
from channels.generic.websocket import AsyncWebsocketConsumer


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.nome_sala = self.scope["url_route"]["kwargs"]["nome_sala"]
        self.grupo_sala = f"chat_{self.nome_sala}"
        await self.channel_layer.group_add(self.grupo_sala, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.grupo_sala, self.channel_name)

    async def receive(self, text_data):
        mensagem = json.loads(text_data)["mensagem"]
        await self.channel_layer.group_send(
            self.grupo_sala, {"type": "chat_message", "mensagem": mensagem}
        )

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"mensagem": event["mensagem"]}))
""",
    "chat/views.py": """\
import json
from django.utils.safestring import mark_safe
from django.views.generic import TemplateView


class IndexView(TemplateView):
    template_name = "index.html"


class SalaView(TemplateView):
    template_name = "sala.html"

    def get_context_data(self, **kwargs):
        return {"nome_sala_json": mark_safe(json.dumps(self.kwargs["nome_sala"]))}
""",
    "chat/templates/index.html": "<input id=nome_sala>",
    "chat/templates/sala.html": """\
<script>
  var nomeSala = {{ nome_sala_json }};
  var chatSocket = new WebSocket(
    'ws://' + window.location.host + '/ws/chat/' + nomeSala + '/');
</script>
""",
}


def test_sala_de_bate_papo(tmp_path):
    assert found(write(tmp_path, SALA_DE_BATE_PAPO)) == {
        ("requirements-utf16", "requirements.txt"),
        ("daphne-old", "requirements.txt:3"),
        ("redis-unpinned", "requirements.txt:2"),
        ("daphne-by-hand", "realtime/settings.py:2"),
        ("in-memory-unused-redis", "realtime/settings.py:8"),
        ("routing-before-apps", "realtime/asgi.py:5"),
        ("no-origin-check", "realtime/asgi.py:10"),
        ("room-pattern", "chat/routing.py:6"),
        ("group-name", "chat/consumers.py:8"),
        ("receive-signature", "chat/consumers.py:15"),
        ("json-trusted", "chat/consumers.py:16"),
        ("mark-safe", "chat/views.py:14"),
        ("hard-coded-ws", "chat/templates/sala.html:3"),
    }


DJANGO_CHANNELS_WEBSOCKET = {
    "manage.py": MANAGE.replace("mysite", "projeto"),
    "requirements.txt": "\r\n".join(
        [
            "aioredis==1.3.1",
            "channels==3.0.4",
            "channels-redis==2.4.2",
            "daphne==3.0.2",
            "Django==4.2",
            "twisted-iocpsupport==1.0.4",
        ]
    ).encode("utf-16"),
    "README.md": "Windows: pip install -r requirements.txt\n"
    "Linux: python3 install -r requirements.txt\n",
    "projeto/settings.py": f"""\
ALLOWED_HOSTS = []
INSTALLED_APPS = ["channels", "django.contrib.staticfiles", "meu_app"]
ASGI_APPLICATION = "projeto.asgi.application"
CHANNEL_LAYERS = {{
    "default": {{{REDIS}, "CONFIG": {{"hosts": [("127.0.0.1", 6379)]}}}},
}}
""",
    "projeto/asgi.py": SALA_DE_BATE_PAPO["realtime/asgi.py"]
    .replace("realtime", "projeto")
    .replace("chat.routing", "meu_app.routing"),
    "meu_app/routing.py": SALA_DE_BATE_PAPO["chat/routing.py"]
    .replace("ws/chat/", "ws/app/")
    .replace("nome_sala", "nome"),
    "meu_app/consumers.py": SALA_DE_BATE_PAPO["chat/consumers.py"]
    .replace('["nome_sala"]', '["nome"]')
    .replace('f"chat_{self.nome_sala}"', "self.nome_sala"),
    "meu_app/views.py": """\
from django.shortcuts import render


def home(request):
    return render(request, "home.html")


def sala(request, nome):
    return render(request, "sala.html", {"nome": nome})
""",
    "meu_app/templates/sala.html": """\
<script>
  const socket = new WebSocket("ws://127.0.0.1:8000/ws/app/{{ nome }}/");
</script>
""",
}


def test_django_channels_websocket(tmp_path):
    assert found(write(tmp_path, DJANGO_CHANNELS_WEBSOCKET)) >= {
        # Why it cannot be installed and started as its README says.
        ("conflict", "requirements.txt:3"),
        ("windows-only", "requirements.txt:6"),
        ("requirements-utf16", "requirements.txt"),
        ("readme-install", "README.md:2"),
        ("redis-unmentioned", "README.md"),
        ("template-missing", "meu_app/views.py:5"),
        # What waits after that.
        ("aioredis", "requirements.txt:1"),
        ("channels-old", "requirements.txt:2"),
        ("daphne-old", "requirements.txt:4"),
        ("group-name", "meu_app/consumers.py:8"),
        ("no-origin-check", "projeto/asgi.py:10"),
        ("hard-coded-host", "meu_app/templates/sala.html:2"),
        ("hard-coded-ws", "meu_app/templates/sala.html:2"),
    }


# The steps of this course are the answer to all of it.


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_our_own_steps_are_healthy(step):
    allowed = {"in-memory"} if step.name.startswith("03") else set()
    assert {name for name, _ in found(step)} <= allowed
