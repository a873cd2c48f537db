"""Small folders and made-up findings, to try what the doctor does with findings."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCTOR = ROOT / "doctor"

if str(DOCTOR) not in sys.path:  # as `course doctor` does
    sys.path.insert(0, str(DOCTOR))

from channels_doctor import Finding, Stage, examination  # noqa: E402
from channels_doctor.edits import Edit  # noqa: E402

MANAGE = "import os\n"
SETTINGS = """\
SECRET_KEY = "s3cr3t-of-ana"
NAME = "ana"
"""


def write(folder, files):
    """Write files, given as text or bytes, and return the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)
    return folder


def chat(folder, **more):
    """Write a folder with a manage.py and a settings file; more files by name."""
    return write(folder, {"manage.py": MANAGE, "mysite/settings.py": SETTINGS} | more)


def finding(name="in-memory", where="mysite/settings.py:2", **more):
    """Return a finding that no check made."""
    given = {
        "stage": Stage.MESSAGES,
        "level": "wrong",
        "what": "Bia gets nothing. Ana doesn't notice.",
        "do": "Use Redis.",
    }
    return Finding(name=name, where=where, **(given | more))


def find(monkeypatch, *findings):
    """Let the only check find these, or what a function of the project returns."""

    def check(project):
        for one in findings:
            if isinstance(one, Finding):
                yield one
            else:
                yield from one(project)

    monkeypatch.setattr(examination, "CHECKS", [check])


def renaming(project):
    """Find every `ana` in the settings; the change makes it `bia`."""
    source = project.sources["mysite/settings.py"]
    for number, line in enumerate(source.lines, 1):
        if '"ana"' in line:
            yield finding(
                where=f"mysite/settings.py:{number}",
                what=f"Ana is on line {number}.",
                edits=(source.replace_text(number, "ana", "bia"),),
                is_certain=True,
            )


__all__ = [
    "DOCTOR",
    "ROOT",
    "SETTINGS",
    "Edit",
    "Finding",
    "Stage",
    "chat",
    "find",
    "finding",
    "renaming",
    "write",
]
