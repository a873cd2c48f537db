"""Builds the site of the lessons with MkDocs."""

import os
import subprocess
import sys
from pathlib import Path

from course.errors import CourseError

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "mkdocs.yml"

MKDOCS_ENVIRONMENT = {
    "COLUMNS": "0",  # one complaint, one line: no wrapping to a terminal's width
    "NO_MKDOCS_2_WARNING": "1",  # a banner about other software
    "PYTHONUTF8": "1",  # what it writes is read as UTF-8, on Windows too
}


def build(destination: Path, config: Path = CONFIG) -> None:
    """Write the whole site into `destination`; a broken link or include is an error."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    command += ["--config-file", str(config.resolve())]
    command += ["--site-dir", str(destination.resolve())]
    # Never with -q: it drops the warnings before --strict can count them.
    finished = subprocess.run(
        command,
        cwd=ROOT,  # pages include files by their path from here
        env=os.environ | MKDOCS_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if finished.returncode != 0:
        raise CourseError(
            f"The lessons could not be built from {config}. MkDocs says:\n\n"
            f"{complaints(finished.stdout)}\n\n"
            "Mend what it names, then try again."
        )


def complaints(output: str) -> str:
    """Return the warnings and errors of MkDocs, or else the end of what it wrote."""
    lines = output.rstrip().splitlines()
    found = [line for line in lines if line.startswith(("WARNING", "ERROR"))]
    return "\n".join(found or lines[-20:])
