"""`tools lint`: layout and common mistakes, as the pre-commit hooks see them."""

import shutil
import subprocess
import sys
from pathlib import Path

from course.steps import ROOT


def lint() -> int:
    """Run every check; return 1 if one has something to say. Nothing is changed."""
    templates = sorted(ROOT.glob("steps/*/*/templates/**/*.html"))
    commands = [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["djade", "--check", "--target-version", "5.2", *map(str, templates)],
    ]
    failed = 0
    for command in commands:
        print(f"== {' '.join(command[:3])}", flush=True)
        program = shutil.which(command[0], path=Path(sys.executable).parent)
        failed |= subprocess.run([program, *command[1:]], cwd=ROOT).returncode
    return 1 if failed else 0
