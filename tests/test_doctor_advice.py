"""Who follows the doctor's diffs, or takes the healthy twin, gets a chat that works."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doctor_projects import all_cases, follow

CASES = [case for case in all_cases() if not case.cannot_start]
BROKEN = [case for case in CASES if case.is_broken]

pytestmark = pytest.mark.slow


def start(projects, redis_url):
    """Start each project; return what went wrong, by folder. Equal ones start once."""
    first, same_as = {}, {}
    for project in projects:
        key = fingerprint(project)
        same_as[project["folder"]] = first.setdefault(key, project["folder"])
    chosen = [one for one in projects if one["folder"] in first.values()]
    ran = subprocess.run(
        [sys.executable, Path(__file__).with_name("doctor_starter.py")],
        input=json.dumps(chosen),
        capture_output=True,
        text=True,
        env=os.environ | {"REDIS_URL": redis_url, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ran.returncode == 0, ran.stderr
    outcomes = dict(
        zip((one["folder"] for one in chosen), json.loads(ran.stdout), strict=True)
    )
    return {folder: outcomes[one] for folder, one in same_as.items()}


def fingerprint(project):
    """Return a hash of everything that a running project reads."""
    read = hashlib.sha256()
    for path in sorted(Path(project["folder"]).rglob("*")):
        if path.suffix in (".py", ".html", ".env") and path.is_file():
            read.update(path.relative_to(project["folder"]).as_posix().encode())
            read.update(path.read_bytes())
    return read.digest(), project["page"], project["socket"], project["frame"]


def tried(cases, build, tmp_path, redis_url):
    """Build each case's project and start it; return the cases that don't work, and why."""
    projects = []
    for number, case in enumerate(cases):
        folder = build(case, tmp_path / str(number))
        below = next(folder.rglob("manage.py")).parent
        keys = ("page", "socket", "frame")
        projects.append(
            {"folder": str(below)} | {key: getattr(case, key) for key in keys}
        )
    outcomes = start(projects, redis_url)
    whats = (outcomes[one["folder"]] for one in projects)
    return {case.name: what for case, what in zip(cases, whats, strict=True) if what}


def test_every_healthy_twin_is_a_chat_that_works(tmp_path, redis_url):
    def build(case, folder):
        return case.build("healthy", folder)

    assert tried(CASES, build, tmp_path, redis_url) == {}


def test_who_follows_every_diff_gets_a_chat_that_works(tmp_path, redis_url):
    def build(case, folder):
        return follow(case.build("broken", folder))

    cases = [case for case in BROKEN if case.diffs_suffice]
    assert tried(cases, build, tmp_path, redis_url) == {}
