"""The doctor among Django's own system checks, in a project that really runs."""

import os
import subprocess
import sys

import pytest

from tests.doctor_projects import BASES, copy
from tests.doctor_scenes import DOCTOR


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A healthy project with the doctor in INSTALLED_APPS, and one fault added to it."""
    folder = tmp_path_factory.mktemp("school")
    copy(BASES / "chat", folder)
    settings = folder / "mysite" / "settings.py"
    text = settings.read_text("utf-8")
    added = 'INSTALLED_APPS += ["channels_doctor"]\nimport os\n'
    added += 'SILENCED_SYSTEM_CHECKS = os.environ.get("OFF", "").split()\n'
    settings.write_text(text + added, encoding="utf-8")
    consumers = folder / "chat" / "consumers.py"
    code = consumers.read_text("utf-8")
    assert '"type": "chat.message"' in code
    code = code.replace('"type": "chat.message"', '"type": "chat.mesage"')
    consumers.write_text(code, encoding="utf-8")
    return folder


def manage(project, *words, **more):
    """Run manage.py; return the exit code and what it printed."""
    environment = os.environ | {"PYTHONPATH": str(DOCTOR)} | more
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "words", ["--tag channels_doctor", "--tag=channels_doctor", "-t channels_doctor"]
)
def test_the_tag_brings_the_findings(project, words):
    code, said = manage(project, "check", *words.split())
    assert code == 1
    assert "chat/consumers.py:" in said
    assert "(channels_doctor.no-handler)" in said
    assert "HINT:" in said
    assert "ERRORS:" in said


def test_without_the_tag_nothing_is_examined(project):
    for words in (["check"], ["migrate"], ["test", "chat"]):
        code, said = manage(project, *words)
        assert "channels_doctor" not in said
        assert code == 0


def test_silenced_system_checks_work(project):
    code, said = manage(
        project, "check", "--tag", "channels_doctor", OFF="channels_doctor.no-handler"
    )
    assert code == 0, said
    assert "1 silenced" in said
