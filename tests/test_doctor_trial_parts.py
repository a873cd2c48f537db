"""The parts of a trial (`channels-doctor FOLDER --run`), without starting a project."""

import base64
import hashlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from channels_doctor import DoctorError, trial
from channels_doctor.examination import projects_in
from channels_doctor.trial import settings_in_the_copy as in_the_copy
from channels_doctor.trial import talking
from channels_doctor.trial.copying import copy_project
from channels_doctor.trial.environment import INSIDE, install_failed
from channels_doctor.trial.page_urls import paths_opened
from channels_doctor.trial.places import Place, fits
from channels_doctor.trial.report import Step, TrialReport
from channels_doctor.trial.requirements import find_wanted, hidden_modules, missing
from channels_doctor.trial.tracebacks import Failure, find_failure
from channels_doctor.trial.websocket import (
    PONG,
    Closed,
    HandshakeError,
    WebSocket,
    frame,
    take_frame,
)
from tests.doctor_projects import BASES, copy


def project_of(tmp_path, **files):
    """Return the chat of the base, with some files added or replaced."""
    copy(BASES / "chat", tmp_path)
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return next(projects_in(tmp_path))


# ---- Which project ------------------------------------------------------------------


def test_of_several_projects_one_must_be_named(tmp_path):
    for name in ("poll", "chat"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manage.py").write_text("")
    with pytest.raises(DoctorError, match="2 projects in .*: chat/, poll/. Name"):
        trial.run(tmp_path, print)


def test_without_a_project_there_is_nothing_to_run(tmp_path):
    with pytest.raises(DoctorError, match=r"no manage\.py"):
        trial.run(tmp_path / "missing", print)


# ---- The copy -----------------------------------------------------------------------


def test_the_copy_leaves_out_what_the_project_does_not_need(tmp_path):
    source = tmp_path / "mine"
    needed = ["manage.py", "chat/views.py", "env/__init__.py", ".env", "db.sqlite3"]
    others = [".git/config", "node_modules/x.js", "my-venv/pyvenv.cfg", "media/a.png"]
    for name in needed + others:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("")
    try:
        (source / "link").symlink_to(tmp_path / "elsewhere")
    except OSError:
        pass  # Windows allows links to few people
    assert copy_project(source, tmp_path / "copy") == []
    found = [p for p in (tmp_path / "copy").rglob("*") if p.is_file()]
    assert {p.relative_to(tmp_path / "copy").as_posix() for p in found} == set(needed)


# ---- Requirements -------------------------------------------------------------------


def test_requirements_are_read_with_the_files_that_they_name(tmp_path):
    project = project_of(
        tmp_path,
        requirements_dot_txt="-r needs/base.txt\npytest # for the tests\n",
        needs__base_dot_txt="Django>=5\nchannels[daphne] \\\n  >=4 ; python_version>'3'\n",
    )
    wanted = find_wanted(tmp_path, project)
    assert [one.name for one in wanted.requirements] == ["Django", "channels", "pytest"]
    assert wanted.is_plain
    assert missing(wanted, project) == []


def test_another_version_and_an_unknown_package_are_missing(tmp_path):
    text = "django==1.0\nno-such-package-here\nno-such; python_version<'3'\n"
    project = project_of(tmp_path, requirements_dot_txt=text)
    wanted = find_wanted(tmp_path, project)
    assert missing(wanted, project) == ["django==1.0", "no-such-package-here"]


def test_what_only_tests_need_may_be_missing(tmp_path):
    project = project_of(tmp_path, requirements_dot_txt="pytest-nothing\nblack==0.1\n")
    assert missing(find_wanted(tmp_path, project), project) == []


@pytest.mark.parametrize(
    "line", ["-e .", "./lib", "git+https://x.org/y", "a @ file:a.whl"]
)
def test_what_is_from_no_index_is_left_to_pip(tmp_path, line):
    project = project_of(tmp_path, requirements_dot_txt=f"django\n{line}\n")
    assert not find_wanted(tmp_path, project).is_plain


def test_what_the_requirements_do_not_bring_is_hidden(tmp_path):
    project = project_of(tmp_path, requirements_dot_txt="daphne\n")
    hidden = hidden_modules(find_wanted(tmp_path, project), tmp_path)
    assert {"channels", "channels_redis"} <= set(hidden)
    assert not {"daphne", "twisted", "autobahn", "django_x", "chat"} & set(hidden)


def test_a_pyproject_is_a_list_of_needs(tmp_path):
    text = '[project]\nname = "x"\ndependencies = ["django>=5", "channels~=4.3"]\n'
    project_of(tmp_path, pyproject_dot_toml=text)
    (tmp_path / "requirements.txt").unlink()
    project = next(projects_in(tmp_path))
    wanted = find_wanted(tmp_path, project)
    assert list(map(str, wanted.requirements)) == ["django>=5", "channels~=4.3"]
    assert wanted.name == "pyproject.toml"


def test_without_a_list_of_needs_nothing_is_known(tmp_path):
    project = project_of(tmp_path)
    (tmp_path / "requirements.txt").unlink()
    project = next(projects_in(tmp_path))
    assert not find_wanted(tmp_path, project).is_known


PIP = """Collecting django==3.2
ERROR: Cannot install -r requirements.txt (line 2) and django==3.2 because these package versions have conflicting dependencies.

The conflict is caused by:
    The user requested django==3.2
    channels 4.3.0 depends on Django>=4.2
"""
NO_INDEX = """WARNING: Retrying: 'NewConnectionError("Failed to establish a new connection")'
ERROR: Could not find a version that satisfies the requirement django==5.2.7
"""


def test_pips_own_words_say_why_it_cannot_install():
    step = install_failed("requirements.txt", 1, PIP, "/tmp/x")
    assert step.outcome == "wrong"
    assert step.error.startswith("ERROR: Cannot install")
    assert step.error.endswith("channels 4.3.0 depends on Django>=4.2")


def test_a_missing_network_is_not_the_projects_fault():
    step = install_failed("requirements.txt", 1, NO_INDEX, "/tmp/x")
    assert step.outcome == "unknown"
    assert "can't be reached" in step.what


# ---- Settings -----------------------------------------------------------------------


def test_the_settings_lead_nowhere_but_to_the_copy(tmp_path, monkeypatch):
    path = INSIDE / "channels_doctor_settings.py"
    spec = importlib.util.spec_from_file_location("channels_doctor_settings", path)
    inside = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(inside)
    monkeypatch.setenv("CHANNELS_DOCTOR_COPY", str(tmp_path))
    monkeypatch.setenv("CHANNELS_DOCTOR_NOTES", str(tmp_path / "notes"))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:7")
    settings = {
        "ROOT_URLCONF": "mysite.urls",
        "SECRET_KEY": "",
        "DEBUG": False,
        "ALLOWED_HOSTS": ["chat.example.org"],
        "SECURE_SSL_REDIRECT": True,
        "CELERY_BROKER_URL": "amqp://broker.example.org",
        "DATABASES": {
            "default": {"ENGINE": "django.db.backends.postgresql", "PASSWORD": "x"},
            "other": {"ENGINE": inside.SQLITE, "NAME": "/srv/db.sqlite3"},
            "mine": {"ENGINE": inside.SQLITE, "NAME": tmp_path / "db.sqlite3"},
        },
        "CHANNEL_LAYERS": {
            "default": {
                "BACKEND": "channels_redis.core.RedisChannelLayer",
                "CONFIG": {"hosts": [("redis", 6379)], "capacity": 5},
            }
        },
    }
    inside.change(settings)
    inside.change(settings)  # base.py, and then dev.py, which imports it
    databases = settings["DATABASES"]
    assert databases["default"] == {
        "ENGINE": inside.SQLITE,
        "NAME": tmp_path.resolve() / "doctor-default.sqlite3",
        "OPTIONS": {"timeout": inside.LONGEST_LOCK},
    }
    assert databases["other"]["NAME"].parent == tmp_path.resolve()
    assert databases["mine"]["NAME"] == tmp_path / "db.sqlite3"
    config = settings["CHANNEL_LAYERS"]["default"]["CONFIG"]
    assert config == {"hosts": ["redis://127.0.0.1:7"], "capacity": 5}
    assert settings["CELERY_BROKER_URL"] == "redis://127.0.0.1:7"
    assert settings["SECRET_KEY"]
    assert not settings["SECURE_SSL_REDIRECT"]
    assert settings["ALLOWED_HOSTS"] == ["chat.example.org", "127.0.0.1"]
    notes = (tmp_path / "notes").read_text().splitlines()
    whats = [json.loads(line)["what"] for line in notes]
    assert (
        "The trial used SQLite in place of the database default (postgresql)." in whats
    )
    assert "x" not in [word for what in whats for word in what.split()]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ("KeyError: 'SECRET_KEY'", "SECRET_KEY"),
        (
            "django.core.exceptions.ImproperlyConfigured: Set the DB_URL environment variable",
            "DB_URL",
        ),
        (
            "decouple.UndefinedValueError: CHAVE not found. Declare it as envvar",
            "CHAVE",
        ),
        ('environs.EnvError: Environment variable "KEY" not set', "KEY"),
        ("KeyError: 'name'", ""),
        ("NameError: name 'X' is not defined", ""),
    ],
)
def test_a_missing_environment_variable_is_recognised(tmp_path, error, name):
    (tmp_path / "settings.py").write_text('KEY = os.environ["SECRET_KEY"]\n')
    failure = Failure(error, "settings.py:1")
    assert in_the_copy.name_not_set(failure, tmp_path) == name


def test_a_key_error_of_another_dictionary_is_a_fault(tmp_path):
    (tmp_path / "settings.py").write_text('KEY = CONFIG["SECRET_KEY"]\n')
    failure = Failure("KeyError: 'SECRET_KEY'", "settings.py:1")
    assert in_the_copy.name_not_set(failure, tmp_path) == ""


def test_a_variable_is_taken_from_the_example_but_never_leads_elsewhere(tmp_path):
    lines = "# mine\nexport CHAVE='abc'\nDATABASE_URL=postgres://db.example.org/x\n"
    (tmp_path / ".env.example").write_text(lines)
    url = "redis://127.0.0.1:77"

    def value(name):
        return in_the_copy.value_for(name, [tmp_path], url)

    assert value("CHAVE") == ("abc", ".env.example")
    assert value("DATABASE_URL") == ("sqlite:///doctor.sqlite3", "")
    assert value("REDIS_URL") == (url, "")
    assert value("REDIS_HOST") == ("127.0.0.1", "")
    assert value("REDIS_PORT") == ("77", "")
    assert len(value("SECRET_KEY")[0]) == 64


def test_all_settings_modules_are_changed_but_those_that_do_not_parse(tmp_path):
    project = project_of(
        tmp_path,
        mysite__production_dot_py="from mysite.settings import *\n",
        mysite__asgi_dot_py='os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.production"\n',
        mysite__broken_dot_py='ROOT_URLCONF = "mysite.urls"\n<<<<<<< HEAD\n',
    )
    in_the_copy.change_settings(tmp_path, project)
    for name, is_changed in {
        "settings": True,
        "production": True,
        "broken": False,
    }.items():
        text = (tmp_path / "mysite" / f"{name}.py").read_text()
        assert ("channels_doctor_settings" in text) == is_changed


# ---- Errors in a log ----------------------------------------------------------------

LOG = """HTTP GET /chat/room/ 500 [0.02, 127.0.0.1:1]
Internal Server Error: /chat/room/
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/django/core/handlers/exception.py", line 55, in inner
    response = get_response(request)
  File "{folder}/chat/views.py", line 7, in room
    return render(request, "home.html")
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{folder}/.venv/lib/site-packages/django/shortcuts.py", line 25, in render
    raise TemplateDoesNotExist(name)
django.template.exceptions.TemplateDoesNotExist: home.html
"""


def test_the_literal_error_and_the_projects_innermost_line(tmp_path):
    failure = find_failure(LOG.replace("{folder}", str(tmp_path)), tmp_path)
    assert failure.error == "django.template.exceptions.TemplateDoesNotExist: home.html"
    assert failure.where == "chat/views.py:7"
    assert failure.kind == "TemplateDoesNotExist"


def test_a_syntax_error_has_its_own_line(tmp_path):
    output = (
        "Traceback (most recent call last):\n"
        f'  File "{tmp_path}/manage.py", line 8, in <module>\n'
        f'  File "{tmp_path}/chat/views.py", line 3\n'
        "    <<<<<<< HEAD\n    ^^\nSyntaxError: invalid syntax\n"
    )
    failure = find_failure(output, tmp_path)
    assert failure == Failure("SyntaxError: invalid syntax", "chat/views.py:3")


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("CommandError: You have not set ASGI_APPLICATION\n", None),
        ("/usr/bin/python: No module named daphne", None),
        (
            "SystemCheckError: System check identified some issues:\n\nERRORS:\n"
            "?: (urls.E007) The custom handler404 view could not be imported.\n",
            "?: (urls.E007) The custom handler404 view could not be imported.",
        ),
    ],
)
def test_an_error_without_a_traceback(tmp_path, output, error):
    assert find_failure(output, tmp_path).error == (error or output.strip())


def test_what_is_no_error_is_none(tmp_path):
    assert (
        find_failure("HTTP GET /chat/ 200\nWebSocket CONNECT /ws/\n", tmp_path) is None
    )


def test_a_password_in_an_error_is_not_shown(tmp_path):
    output = "CommandError: no connection to redis://:geheim@db.example.org:6379"
    assert "geheim" not in find_failure(output, tmp_path).error
    output = "CommandError: bad options {'password': 'geheim', 'user': 'ana'}"
    assert "geheim" not in find_failure(output, tmp_path).error


# ---- What to say --------------------------------------------------------------------


def first_message(project, consumer="ChatConsumer"):
    return json.loads(talking.messages(project, consumer)[0].written("hi"))


def test_what_the_consumer_reads_is_sent(tmp_path):
    assert first_message(project_of(tmp_path)) == {"text": "hi"}


def test_what_the_page_sends_is_sent(tmp_path):
    page = """
    socket.send(JSON.stringify({
      'command': 'new_message',  // not "join"
      text,
      from: "{{ request.user.username }}",
      "n": 3,
      url: `${location.host}`
    }));
    """
    project = project_of(tmp_path, chat__static__chat__room_dot_js=page)
    assert first_message(project) == {
        "command": "new_message",
        "text": "hi",
        "from": "Ana",
        "n": 3,
        "url": "hi",
    }


def test_an_object_that_is_sent_by_name(tmp_path):
    page = 'const dados = {tipo: "fala", mensagem: x};\nws.send(JSON.stringify(dados));'
    project = project_of(tmp_path, chat__static__chat__room_dot_js=page)
    assert first_message(project) == {"tipo": "fala", "mensagem": "hi"}


def test_a_kind_that_the_consumer_compares_with(tmp_path):
    consumer = """
import json
from channels.generic.websocket import WebsocketConsumer

class Sala(WebsocketConsumer):
    def receive(self, text_data):
        dados = json.loads(text_data)
        if dados.get("tipo") == "fala":
            self.send(dados["mensagem"])
"""
    project = project_of(tmp_path, chat__consumers_dot_py=consumer)
    assert first_message(project, "Sala") == {"tipo": "fala", "mensagem": "hi"}


def test_commands_come_after_what_can_be_recognised(tmp_path):
    page = 'send({type: "join", id: 1}); send({type: "say", text});'
    project = project_of(tmp_path, chat__static__chat__room_dot_js=page)
    messages = talking.messages(project, "ChatConsumer")
    assert messages[0].written("hi") == '{"type": "say", "text": "hi"}'
    assert messages[-2].written("hi") == '{"type": "join", "id": 1}'
    assert messages[-1] == messages[0]


# ---- Places -------------------------------------------------------------------------

ROOM = {"name": "room_name", "regex": "[^/]+", "values": ["room", "1"]}
SOCKET = Place(({"text": "ws/chat/"}, ROOM, {"text": "/"}), "ChatConsumer")


def test_a_path_with_an_example():
    assert SOCKET.path({}) == "/ws/chat/room/"
    assert (
        SOCKET.path({"room_name": {"pk": "7", "slug": "são"}}) == "/ws/chat/s%C3%A3o/"
    )
    number = {"name": "pk", "regex": "[0-9]+", "values": ["1"]}
    place = Place(({"text": "salas/"}, number), "")
    assert place.words == ["pk", "salas"]
    assert place.path({"salas": {"pk": "7", "name": "x"}}) == "/salas/7"


def test_a_path_without_an_example_is_not_opened():
    part = {"name": "token", "regex": "[a-f]{64}", "values": []}
    assert Place(({"text": "reset/"}, part), "").path({}) == ""


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("`${scheme}://${location.host}/ws/chat/${room}/`", "ws/chat/1/"),
        ("'ws://' + window.location.host + '/ws/chat/' + room + '/'", "ws/chat/1/"),
        ('"/ws/chat"', "ws/chat"),
        (
            '(p === "https:" ? "wss://" : "ws://") + location.host + "/ws/x/?t=1"',
            "ws/x/",
        ),
        ("base + location.pathname", ""),
        ("url", ""),
    ],
)
def test_the_path_that_a_page_opens(tmp_path, address, path):
    script = f"const room = 1;\nconst socket = new WebSocket({address});\n"
    project = project_of(tmp_path, chat__static__chat__room_dot_js=script)
    opened = [found for found, _ in paths_opened(project)]
    assert opened == ([path] if path else [])


@pytest.mark.parametrize(
    ("path", "is_routed"),
    [
        ("ws/chat/1/", True),
        ("ws/chat/1", False),  # the slash
        ("ws/chta/1/", False),
        ("ws/1/", True),  # the 1 may be chat/room
        ("1", True),
    ],
)
def test_a_path_of_a_page_meets_a_route(path, is_routed):
    assert fits(SOCKET, path) == is_routed


# ---- The report ---------------------------------------------------------------------


def test_a_report_that_works():
    report = TrialReport(
        [
            Step("start", "ok", "daphne mysite.asgi:application starts."),
            Step("page", "ok", "/ opens", path="/"),
            Step("page", "unknown", "/7/: 404"),
            Step("page", "ok", "/chat/ opens", path="/chat/"),
            Step("socket", "ok", "socket /ws/ opens, and Bia got it"),
        ]
    )
    assert report.works
    assert report.lines == [
        "ok     daphne mysite.asgi:application starts.",
        "ok     2 pages open: /; /chat/",
        "?      /7/: 404",
        "ok     socket /ws/ opens, and Bia got it",
        "It works: it was started, and everything that was opened answered.",
    ]
    assert json.loads(json.dumps(report.as_data()))["steps"][0]["name"] == "start"


def test_a_report_of_an_error():
    report = TrialReport(
        [Step("check", "wrong", "manage.py check fails:", "KeyError: 'X'", "a.py:3")]
    )
    assert not report.works
    assert report.lines[1:] == [
        "       a.py:3: KeyError: 'X'",
        "One thing doesn't work.",
    ]


def test_sockets_that_nobody_could_talk_on_do_not_count_as_working():
    steps = [Step("start", "ok", ""), Step("page", "ok", "", path="/")]
    report = TrialReport([*steps, Step("socket", "unknown", "is refused (403).")])
    assert not report.works
    assert not report.has_failed
    assert report.summary.startswith("Nothing failed, but")


# ---- The WebSocket client -----------------------------------------------------------


@pytest.mark.parametrize("size", [0, 5, 125, 126, 65535, 65536])
def test_a_frame_of_any_size(size):
    sent = frame(b"x" * size, 1)
    header = len(sent) - size - 4
    key, masked = sent[header : header + 4], sent[header + 4 :]
    assert bytes(b ^ key[n % 4] for n, b in enumerate(masked)) == b"x" * size
    server = bytes([sent[0], sent[1] & 0x7F]) + sent[2:header] + b"x" * size
    assert take_frame(server + b"more") == (True, 1, b"x" * size, b"more")
    assert take_frame(server[:-1]) is None if size else take_frame(server[:1]) is None


class Peer:
    """A server for one connection, which answers with these bytes, and keeps what it gets."""

    def __init__(self, *answers):
        self.answers = answers
        self.got = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.thread.join()
        self.listener.close()

    def serve(self):
        client, _ = self.listener.accept()
        with client:
            request = client.recv(65536).decode()
            lines = dict(line.split(": ") for line in request.split("\r\n")[1:] if line)
            self.request = lines
            digest = lines["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(digest.encode()).digest())
            for answer in self.answers:
                client.sendall(answer.replace(b"ACCEPT", accept))
            client.shutdown(socket.SHUT_WR)
            while data := client.recv(65536):
                self.got += data


OPEN = b"HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n"


def test_a_socket_opens_and_gets_messages_in_parts_and_pings():
    parts = (b"\x01\x02hi", b"\x89\x01p", b"\x80\x04 Bia", b"\x88\x02\x0f\xa1")
    with Peer(OPEN, *parts) as peer:
        with WebSocket(peer.port, "/ws/", cookie="a=b") as client:
            assert client.receive(5) == "hi Bia"
            assert client.receive(5) == Closed(4001)
            assert client.receive(5) == Closed(4001)
    assert peer.request["Origin"] == f"http://127.0.0.1:{peer.port}"
    assert peer.request["Cookie"] == "a=b"
    assert peer.got[0] == 0x80 | PONG


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (b"HTTP/1.1 403 Access denied\r\n\r\n", 403, ""),
        (b"HTTP/1.1 500 Oh\r\nX: y\r\n\r\n", 500, ""),
        (b"", 0, "closed"),
        (OPEN.replace(b"ACCEPT", b"other"), 101, "wrong Sec-WebSocket-Accept"),
    ],
)
def test_a_socket_that_does_not_open(answer, status, reason):
    with Peer(answer) as peer:
        with pytest.raises(HandshakeError) as refusal:
            WebSocket(peer.port, "/ws/")
    assert (refusal.value.status, refusal.value.reason) == (status, reason)


def test_a_server_that_is_gone():
    with Peer(OPEN) as peer:
        with WebSocket(peer.port, "/ws/") as client:
            assert client.receive(5) == Closed(1006)


# ---- No other machine ---------------------------------------------------------------


def test_nothing_leaves_this_machine(tmp_path):
    """An audit hook can't be removed, so it's tried in a process of its own."""
    script = (
        "import socket\n"
        "for place in [('example.com', 80), ('192.0.2.1', 80), ('2001:db8::1', 80)]:\n"
        "    try:\n"
        "        socket.create_connection(place, timeout=1)\n"
        "    except OSError as problem:\n"
        "        print(problem)\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(('localhost', server.getsockname()[1]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(INSIDE)},
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    words = "channels-doctor lets a trial connect to no other machine"
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == [
        words
    ] * 3


ROOMS = """
import sqlite3, types
import django
from django.conf import settings
from django.db import connection, models

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "db", "OPTIONS": {"timeout": 60}}
settings.configure(DATABASES={"default": database})
django.setup()

class Room(models.Model):
    name = models.CharField(max_length=9)

    class Meta:
        app_label = "chat"

    def save(self, **options):
        Room.objects.filter(name=self.name).exists()
        super().save(**options)

import channels_doctor_people as people

people.own_models = lambda: [Room]
with connection.schema_editor() as editor:
    editor.create_model(Room)
"""
MAKE = """
found = people.make_people(["rooms", "room_name", "chat"])
print(*found["made"], *found["values"].items(), sep="; ")
"""


def rooms_made(tmp_path, script):
    """Return what the trial has for routes that name rooms, in a project of rooms alone."""
    done = subprocess.run(
        [sys.executable, "-c", ROOMS + script + MAKE],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(INSIDE)},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_a_room_is_made_although_the_server_is_just_writing(tmp_path):
    """SQLite refuses to write at once, because save() has read: the next try succeeds."""
    script = """
server = sqlite3.connect("db", isolation_level=None)
server.execute("BEGIN IMMEDIATE")
people.time = types.SimpleNamespace(sleep=lambda _: server.execute("COMMIT"))
"""
    room = {"pk": "1", "name": "room"}
    assert (
        rooms_made(tmp_path, script)
        == f"Room; {('rooms', room)}; {('room_name', room)}\n"
    )


def test_a_room_that_is_there_is_used_wherever_a_route_names_a_room(tmp_path):
    """The project's own database comes along in the copy: rooms/3/ and chat/<room_name>/."""
    room = {"pk": "1", "name": "class"}
    found = rooms_made(tmp_path, 'Room.objects.create(name="class")')
    assert found == f"{('rooms', room)}; {('room_name', room)}\n"


def test_what_the_trial_cannot_make_is_said(tmp_path):
    script = "Room.save = lambda room, **options: 1 / 0\nprint(people.make_people(['rooms'])['problems'])"
    assert "one Room (ZeroDivisionError: division by zero)" in rooms_made(
        tmp_path, script
    )
