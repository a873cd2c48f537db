"""The Python that runs the project: this one with what the project asks for, or a new one."""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from channels_doctor.project import Project
from channels_doctor.trial.processes import run_to_end
from channels_doctor.trial.report import Step
from channels_doctor.trial.requirements import (
    Wanted,
    find_wanted,
    hidden_modules,
    missing,
)
from channels_doctor.trial.tracebacks import hide

LONGEST_INSTALL = 600  # seconds
INSIDE = Path(__file__).with_name("inside")
NO_INDEX = re.compile(
    "NewConnectionError|Temporary failure in name resolution|Failed to establish"
    "|ConnectTimeout|Could not connect|dns error|client error .Connect.|Network is unreachable"
    "|getaddrinfo failed|ProxyError|error sending request|network was disabled"
)
MOST_LINES = 6  # of the installer's error


@dataclass
class Environment:
    """A Python, and the environment variables to run it with."""

    python: str
    variables: dict[str, str] = field(default_factory=dict)


def make_environment(
    folder: Path, project: Project, temp: Path, say: Callable[[str], None]
) -> tuple[Environment | None, Step]:
    """Return the environment, None if it can't be made, and what happened."""
    wanted = find_wanted(folder, project)
    environment, step = environment_with(wanted, folder, project, temp, say)
    if wanted.left_out:
        names = ", ".join(wanted.left_out)
        more = f"Not installed, because only conda knows them by these names: {names}."
        step = replace(step, what=f"{step.what} {more}")
    return environment, step


def environment_with(
    wanted: Wanted,
    folder: Path,
    project: Project,
    temp: Path,
    say: Callable[[str], None],
) -> tuple[Environment | None, Step]:
    """Return the environment that has what is wanted, None if there's none; what happened."""
    inside = temp / "inside"
    shutil.copytree(INSIDE, inside, ignore=shutil.ignore_patterns("__pycache__"))
    variables = plain_variables(inside)
    version = ".".join(map(str, sys.version_info[:3]))
    if not wanted.is_known:
        what = (
            "The project doesn't say which packages it needs (no requirements.txt), so"
            f" it was tried with all those of Python {version}, which runs the doctor."
        )
        return Environment(sys.executable, variables), Step("install", "note", what)
    lacking = missing(wanted, project)
    if wanted.is_plain and not lacking:
        top = folder / project.modules.root
        hidden = hidden_modules(wanted, top)
        (inside / "hidden.json").write_text(json.dumps(hidden), "utf-8")
        what = (
            f"Python {version} has everything that {wanted.name} asks for, so nothing had"
            " to be installed. The project sees only that, not what else is installed."
        )
        return Environment(sys.executable, variables), Step("install", "ok", what)
    say(f"Installing what {wanted.name} asks for …")
    python, step = install(folder, wanted, temp)
    return (Environment(python, variables) if python else None), step


def plain_variables(inside: Path) -> dict[str, str]:
    """Return this process's variables, without those that would lead Python astray."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith("_PROXY")
        and name not in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "REDIS_URL")
        and not name.startswith("PYTEST")
    }
    return kept | {
        "PYTHONPATH": str(inside),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "NO_COLOR": "1",
        "DJANGO_COLORS": "nocolor",
    }


def install(folder: Path, wanted: Wanted, temp: Path) -> tuple[str, Step]:
    """Make a new environment in the temporary folder; return its Python, "" if it fails."""
    place = temp / "venv"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if wanted.file:
        source, cwd = folder / wanted.file, (folder / wanted.file).parent
    else:
        source, cwd = temp / "requirements.txt", folder
        source.write_text("\n".join(wanted.lines), "utf-8")
    for command in install_commands(place, python, source):
        code, output = run_to_end(command, cwd, dict(os.environ), LONGEST_INSTALL)
        if code != 0:
            return "", install_failed(wanted.name, code, output, str(temp))
    return str(python), Step(
        "install", "ok", f"What {wanted.name} asks for was installed."
    )


def install_commands(place: Path, python: Path, source: Path) -> list[list[str]]:
    """Return the commands that make an environment and fill it; with uv, if it's there."""
    if uv := shutil.which("uv"):
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, str(place)],
            [uv, "pip", "install", "--python", str(python), "-r", str(source)],
        ]
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    return [[sys.executable, "-m", "venv", str(place)], [*pip, "-r", str(source)]]


def install_failed(name: str, code: int | None, output: str, temp: str) -> Step:
    """Say why it couldn't be installed, in the installer's own words."""
    if code is None:
        what = (
            f"Installing what {name} asks for took more than {LONGEST_INSTALL} seconds."
        )
        return Step("install", "unknown", what)
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    errors = (n for n, line in enumerate(lines) if re.match(r"(ERROR|error)\b", line))
    first = next(errors, max(0, len(lines) - MOST_LINES))
    literal = hide("\n".join(lines[first : first + MOST_LINES]).replace(temp, "…"), 900)
    if NO_INDEX.search(output):
        what = (
            f"What {name} asks for isn't on this machine, and the package index can't be"
            " reached. Try again with the internet."
        )
        return Step("install", "unknown", what, literal)
    return Step(
        "install", "wrong", f"What {name} asks for can't be installed.", literal
    )
