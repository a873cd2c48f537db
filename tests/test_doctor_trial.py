"""`channels-doctor FOLDER --run`: real projects, really started."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from channels_doctor import trial
from tests.doctor_projects import BASES, DOCTOR, ROOT, all_cases, copy
from tests.login_project import FILES as LOGIN_PROJECT

STEPS = ["01-http-polling", "02-wsgi-vs-asgi", "03-inmemory-layer", "04-redis-layer"]


@pytest.fixture(autouse=True)
def temp(tmp_path, monkeypatch):
    """Have a folder for temporary files of its own, and find it empty in the end."""
    place = tmp_path / "temp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


@pytest.fixture
def chat(tmp_path):
    """Return the healthy chat, with some texts replaced: {file: (old, new)}."""

    def build(changes=None):
        folder = tmp_path / "chat"
        copy(BASES / "chat", folder)
        for name, (old, new) in (changes or {}).items():
            text = (folder / name).read_text("utf-8")
            assert old in text
            (folder / name).write_text(text.replace(old, new), "utf-8")
        return folder

    return build


def tried(folder):
    """Run a project; return the report."""
    return trial.run(folder, lambda progress: None)


def errors(report):
    """Return what didn't work: the step, the literal error and its place."""
    steps = [step for step in report.steps if step.outcome == "wrong"]
    return [(step.name, step.error, step.where) for step in steps]


def fingerprint(folder):
    """Return the names and contents of all files."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).digest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_healthy_project_works_and_stays_as_it_was(chat):
    folder = chat()
    before = fingerprint(folder)
    report = tried(folder)
    assert report.works, report.lines
    assert 'Bia got what Ana sent: {"text": "hi 1 from Ana"}' in report.steps[-1].what
    assert fingerprint(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("step", [*STEPS, "05-final"])
def test_the_steps_of_the_course_work(step):
    report = tried(ROOT / "steps" / step)
    assert report.works, report.lines
    names = {one.name for one in report.steps if one.outcome == "ok"}
    assert ("socket" in names) == (step != "01-http-polling")
    if step[:2] in ("03", "04", "05"):
        assert "Bia got what Ana sent" in " ".join(report.lines)


CASES = {
    "daphne-missing": [("socket", "", "")],
    "models-before-apps/routing-imported-too-early-with-models-behind-it": [
        (
            "import",
            "django.core.exceptions.ImproperlyConfigured: Requested setting INSTALLED_APPS,",
            "chat/models.py:4",
        )
    ],
    "no-handler": [
        ("socket", "ValueError: No handler for message type chat.mesage", "")
    ],
    "router-without-websocket": [
        (
            "socket",
            "ValueError: No application configured for scope type 'websocket'",
            "",
        )
    ],
    "template-missing/a-template-that-is-not-there": [
        (
            "page",
            "django.template.exceptions.TemplateDoesNotExist: home.html",
            "chat/views.py:7",
        )
    ],
    "settings-not-found": [
        ("check", "ModuleNotFoundError: No module named 'mysit'", "")
    ],
    "never-accepts": [("socket", "", "")],
}


@pytest.mark.slow
@pytest.mark.parametrize("finding", CASES)
def test_a_broken_project_shows_the_literal_error(finding, tmp_path):
    case = next(one for one in all_cases() if one.name.startswith(finding))
    found = errors(tried(case.build("broken", tmp_path / "project")))
    assert [(name, where) for name, _, where in found] == [
        (name, where) for name, _, where in CASES[finding]
    ]
    for (_, error, _), (_, start, _) in zip(found, CASES[finding], strict=True):
        assert error.startswith(start)


CHANGES = {
    "a requirement that is missing": (
        {"requirements.txt": ("channels~=4.3\nchannels-redis~=4.3\n", "")},
        [
            (
                "check",
                "ModuleNotFoundError: No module named 'channels'",
                "chat/views.py:2",
            )
        ],
    ),
    "a page's URL without a route": (
        {"chat/static/chat/room.js": ("/ws/chat/", "/ws/chta/")},
        [("socket", "ValueError: No route found for path 'ws/chta/1/'.", "")],
    ),
    "an error in disconnect()": (
        {
            "chat/consumers.py": (
                "        await self.channel_layer.group_discard",
                "        self.user.leave()\n        await self.channel_layer.group_discard",
            )
        },
        [
            (
                "log",
                "AttributeError: 'ChatConsumer' object has no attribute 'user'",
                "chat/consumers.py:17",
            )
        ],
    ),
    "a table that no migration makes": (
        {"chat/models.py": ("text = ", "room = models.TextField()\n    text = ")},
        [
            (
                "socket",
                "django.db.utils.OperationalError: table chat_message has no column named room",
                "chat/consumers.py:25",
            )
        ],
    ),
    "an error without DEBUG": (
        {
            "mysite/settings.py": ("DEBUG = True", "DEBUG = False"),
            "chat/views.py": ("    return render", "    undefined\n    return render"),
        },
        [("page", "NameError: name 'undefined' is not defined", "chat/views.py:7")],
    ),
    "a merge that was left half done": (
        {"chat/views.py": ("def announce", "<<<<<<< HEAD\ndef announce")},
        [("check", "SyntaxError: invalid syntax", "chat/views.py:10")],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", CHANGES)
def test_one_change_to_a_healthy_project(fault, chat, monkeypatch):
    changes, expected = CHANGES[fault]
    if expected[0][0] == "log":  # a busy machine logs it late
        monkeypatch.setattr("channels_doctor.trial.serving.LONGEST_GOODBYE", 20)
    assert errors(tried(chat(changes))) == expected


@pytest.mark.slow
def test_what_leads_out_of_the_copy_is_replaced_and_said(chat):
    folder = chat(
        {
            "mysite/settings.py": (
                'os.environ.get("SECRET_KEY", "only-for-development")',
                'os.environ["SECRET_KEY"]',
            )
        }
    )
    settings = folder / "mysite" / "settings.py"
    text = settings.read_text("utf-8").replace("[REDIS_URL]", '[("redis", 6379)]')
    text = text.replace("backends.sqlite3", "backends.postgresql")
    settings.write_text(text, "utf-8")
    report = tried(folder)
    assert report.works, report.lines
    notes = [step.what for step in report.steps if step.outcome == "note"]
    assert notes == [
        "The trial has a Redis of its own.",
        "The settings need the variable SECRET_KEY; the trial made one up.",
        "The trial used SQLite in place of the database default (postgresql).",
    ]


@pytest.mark.slow
def test_a_project_where_one_must_log_in(tmp_path):
    """Split settings, a user model of its own, rooms in the database, in Portuguese."""
    for name, text in LOGIN_PROJECT.items():
        path = tmp_path / "sala" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    report = tried(tmp_path / "sala")
    assert report.works, report.lines
    words = "logged in, opens, and Bia got what Ana sent"
    assert words in report.steps[-1].what
    assert "got one Sala and two users, Ana and Bia." in " ".join(
        step.what for step in report.steps
    )


@pytest.mark.slow
def test_what_this_python_lacks_is_installed_into_a_new_environment(chat, monkeypatch):
    """A wheel in the project's folder can be installed without a network."""
    folder = chat({"requirements.txt": ("django~=5.2", "./hello-1-py3-none-any.whl")})
    (folder / "requirements.txt").write_text("./hello-1-py3-none-any.whl\n")
    with zipfile.ZipFile(folder / "hello-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("hello.py", "")
        info = "hello-1.dist-info"
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1\n"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")
    report = tried(folder)
    assert report.steps[0].what == "What requirements.txt asks for was installed."
    assert errors(report) == [
        ("check", "ModuleNotFoundError: No module named 'django'", "")
    ]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_everything(chat, temp):
    """Interrupted while the server runs: it ends, Redis ends, the folder is gone."""
    script = (
        "import sys, pathlib, signal\n"
        # What a shell script starts in the background ignores SIGINT, and so do these tests.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from channels_doctor import trial\n"
        "def say(text):\n"
        "    print(text, flush=True)\n"
        "    if text.startswith('socket'):\n"
        "        sys.stdin.read()\n"  # so that it's interrupted here, at any speed
        "trial.run(pathlib.Path(sys.argv[2]), say)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(DOCTOR), str(chat())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temp)},
    )
    for line in process.stdout:
        if line.startswith("socket"):
            break
    process.send_signal(signal.SIGINT)
    _, problem = process.communicate()
    assert problem.endswith("KeyboardInterrupt\n")
    commands = Path("/proc").glob("[0-9]*/cmdline")
    left = [path for path in commands if str(temp).encode() in read(path)]
    assert left == []


def read(path):
    """Return what a file holds; nothing, if its process has ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
