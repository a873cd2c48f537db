"""What `course doctor FOLDER` says about a project with three faults."""

import shutil
import sys
import tempfile
from pathlib import Path

from course.steps import ROOT
from tools.record.natural import Natural
from tools.record.scenes import output
from tools.record.stage import Stage
from tools.record.terminal import Terminal

PROJECTS = ROOT / "doctor" / "projects"
# A healthy chat, and what replaces some of its files.
CASES = (
    "_bases/chat",
    "no-handler/a-slip-in-the-type-of-an-event/broken",
    "in-memory/the-in-memory-layer/broken",
    "redis-old-image/an-old-redis-image/broken",
)


@output("doctor-project")
def project(stage: Stage) -> str:
    """One thing that doesn't work, one that loses messages, one for production."""
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "my-chat"
        for case in CASES:
            shutil.copytree(PROJECTS / case, folder, dirs_exist_ok=True)
        command = [sys.executable, "-m", "course", "doctor", str(folder)]
        env = {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
        typed = "python3 -m course doctor ../my-chat"
        with Terminal(
            typed, command, Path(temp), Natural({}, Path(temp)), stage.log(), env
        ) as one:
            return one.to_the_end().text()
