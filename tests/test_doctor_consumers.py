"""How the doctor reads consumers, and where its diffs put an import."""

import pytest

from tests.doctor_projects import BASES, all_cases, copy


def project_of(tmp_path, **files):
    """Return a project of these modules, as the checks look at it."""
    from channels_doctor.examination import projects_in

    copy(BASES / "chat", tmp_path)
    for name, text in files.items():
        (tmp_path / "chat" / f"{name}.py").write_text(text, encoding="utf-8")
    (project,) = projects_in(tmp_path)
    return project


def consumer_of(project, name):
    """Return the consumer of that name."""
    (found,) = (one for one in project.consumers if one.node.name == name)
    return found


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        (
            "from channels.generic.websocket import WebsocketConsumer",
            "WebsocketConsumer",
        ),
        ("from channels.generic.websocket import WebsocketConsumer as W", "W"),
        ("from channels.generic import websocket", "websocket.WebsocketConsumer"),
        ("import channels.generic.websocket as ws", "ws.WebsocketConsumer"),
        ("from channels.generic.websocket import *", "WebsocketConsumer"),
    ],
)
def test_a_base_is_known_by_what_it_was_imported_as(tmp_path, imports, base):
    text = f"{imports}\n\n\nclass Ana({base}):\n    pass\n"
    project = project_of(tmp_path, consumers=text)
    if base == "W":  # no name of a base ends in Consumer, but what it stands for does
        assert [one.node.name for one in project.consumers] == ["Ana"]
    ana = consumer_of(project, "Ana")
    assert ana.generic == {"WebsocketConsumer"}
    assert ana.is_known
    assert ana.is_sync
    assert ana.is_websocket
    assert not ana.is_json


@pytest.mark.parametrize(
    "imports",
    [
        "from channels.generic.websockets import WebsocketConsumer",  # Channels 1
        "from elsewhere.consumers import WebsocketConsumer",
    ],
)
def test_a_base_from_elsewhere_is_not_channels_own(tmp_path, imports):
    text = f"{imports}\n\n\nclass Ana(WebsocketConsumer):\n    pass\n"
    ana = consumer_of(project_of(tmp_path, consumers=text), "Ana")
    assert ana.generic == set()
    assert not ana.is_known


def test_two_bases_of_one_name_are_told_apart_by_the_import(tmp_path):
    project = project_of(
        tmp_path,
        first="from channels.generic.websocket import WebsocketConsumer\n\n\n"
        "class Base(WebsocketConsumer):\n    pass\n",
        second="from channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
        "class Base(AsyncWebsocketConsumer):\n    pass\n",
        consumers="from .second import Base\n\n\nclass Ana(Base):\n    pass\n",
    )
    assert consumer_of(project, "Ana").is_async


@pytest.mark.parametrize(
    ("text", "wanted", "result"),
    [
        ("import os\nimport sys\n", "json", "import json\nimport os\nimport sys\n"),
        ("import os\nimport sys\n", "re", "import os\nimport re\nimport sys\n"),
        ("import json as j\n", "json", "import json as j\n"),
        (
            "from django.db import models\n",
            "json",
            "import json\n\nfrom django.db import models\n",
        ),
        (
            "from channels.auth import login\nfrom . import models\n",
            "asgiref.sync.async_to_sync",
            "from asgiref.sync import async_to_sync\n"
            "from channels.auth import login\nfrom . import models\n",
        ),
        (
            '"""Words."""\n\nx = 1\n',
            "asyncio",
            '"""Words."""\n\nimport asyncio\nx = 1\n',
        ),
        (
            "from __future__ import annotations\n",
            "json",
            "from __future__ import annotations\nimport json\n",
        ),
        (
            "def f():\n    import json\n",
            "json",
            "import json\ndef f():\n    import json\n",
        ),
    ],
)
def test_an_import_goes_where_it_belongs(tmp_path, text, wanted, result):
    from channels_doctor import edits

    project = project_of(tmp_path, consumers=text)
    tree = project.modules.trees["chat/consumers.py"]
    changed = edits.apply(
        {"chat/consumers.py": text}, project.importing(tree.body[0], wanted)
    )
    assert changed.get("chat/consumers.py", text) == result


def test_a_name_imported_elsewhere_is_imported_again(tmp_path):
    """What another function imported is unknown at the top of the file."""
    text = "def f():\n    from json import loads\n"
    project = project_of(tmp_path, consumers=text)
    assert not project.imported_names.short_name("chat/consumers.py", "json.loads")


def advice_with(django, folder, finding):
    """Return the kind of advice that a project gets if its requirements name this Django."""
    from channels_doctor import examine

    requirements = folder / "requirements.txt"
    text = requirements.read_text("utf-8")
    assert "django~=5.2" in text
    requirements.write_text(text.replace("django~=5.2", django), "utf-8")
    found = next(one for one in examine(folder) if one.name == finding)
    assert bool(found.edits) != ("database_sync_to_async" in found.do)
    return "a diff" if found.edits else "a thread"


CREATE = "Message.objects.create(text=text)"
SAVE = "Message(text=text).save()"
LOOP = "[m.text for m in Message.objects.all()]"


@pytest.mark.parametrize(
    ("code", "django", "advice"),
    [
        (CREATE, "django~=4.0.0", "a thread"),
        (CREATE, "django~=4.1.0", "a diff"),
        (SAVE, "django~=4.1.0", "a thread"),
        (SAVE, "django~=4.2.0", "a diff"),
        (LOOP, "django==3.2.25", "a thread"),
        (LOOP, "django>=3.2", "a diff"),
    ],
)
def test_no_advice_needs_a_newer_django_than_the_project_has(
    tmp_path, code, django, advice
):
    copy(BASES / "chat", tmp_path)
    consumers = tmp_path / "chat" / "consumers.py"
    text = consumers.read_text("utf-8")
    healthy = "await Message.objects.acreate(text=text)"
    assert healthy in text
    consumers.write_text(text.replace(healthy, code), "utf-8")
    assert advice_with(django, tmp_path, "sync-orm") == advice


@pytest.mark.parametrize("finding", ["async-user", "async-session", "sync-shortcut"])
@pytest.mark.parametrize(
    ("django", "advice"), [("django~=4.2.0", "a thread"), ("django", "a diff")]
)
def test_no_advice_for_a_view_needs_a_newer_django(tmp_path, finding, django, advice):
    cases = (one for one in all_cases() if one.name.startswith(f"{finding}/"))
    folder = next(one for one in cases if one.is_broken).build("broken", tmp_path)
    assert advice_with(django, folder, finding) == advice
