"""The Python environment of the course: made on first use, quick afterwards."""

import hashlib
import os
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from course.errors import CourseError
from course.steps import ROOT

VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.txt"


def enter(group: str) -> None:
    """Go on in a Python that has all packages of a group; make it if need be.

    Returns if this Python is the one. Else it prepares `.venv` and starts the same
    command there, and does not return.
    """
    wanted = list(requirements_of(group))
    if has_everything(wanted):
        return
    if not is_venv(sys.prefix):
        make_venv()
    install(group, wanted)
    show_course()
    if not is_venv(sys.prefix):
        go_on_with(python_of(VENV))


def enter_if_made() -> None:
    """Go on in `.venv` if there is one; make none."""
    if not is_venv(sys.prefix) and works(python_of(VENV)):
        go_on_with(python_of(VENV))


def requirements_of(group: str) -> Iterator[str]:
    """Yield the requirements of a dependency group of pyproject.toml (PEP 735)."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for entry in groups["dependency-groups"][group]:
        if isinstance(entry, dict):
            yield from requirements_of(entry["include-group"])
        else:
            yield entry


def has_everything(wanted: list[str]) -> bool:
    """Tell whether this Python has every package, in the version of the lock.

    A requirement with a marker is for some machines only; nobody is sent to install
    because of it.
    """
    locked = dict(locked_versions())
    for requirement in wanted:
        name, _, marker = requirement.partition(";")
        name = normal_name(name)
        if marker:
            continue
        try:
            if metadata.version(name) != locked[name]:
                return False
        except metadata.PackageNotFoundError:
            return False
    return True


def locked_versions() -> Iterator[tuple[str, str]]:
    """Yield name and version of what the lock pins for every machine."""
    for line in LOCK.read_text("utf-8").splitlines():
        name, pinned, version = line.partition("==")
        if pinned and ";" not in version:
            yield normal_name(name), version.strip()


def normal_name(requirement: str) -> str:
    """Return the bare name: `channels` of `channels~=4.3`."""
    for sign in ";[<>=!~ ":
        requirement = requirement.partition(sign)[0]
    return requirement.lower().replace("_", "-").replace(".", "-")


def is_venv(prefix: str) -> bool:
    """Tell whether a Python with this prefix is the one in `.venv`."""
    return Path(prefix).resolve() == VENV.resolve()


def python_of(venv: Path) -> Path:
    """Return the interpreter of a virtual environment, on every system."""
    windows = os.name == "nt"
    return venv / ("Scripts/python.exe" if windows else "bin/python")


def make_venv() -> None:
    """Make `.venv`, unless it is there and works."""
    if works(python_of(VENV)):
        return
    print(f"Making a Python environment in {VENV} …", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise CourseError(
            f"Python could not make an environment in {VENV}:\n"
            f"{(result.stdout + result.stderr).strip()}\n"
            "On Debian and Ubuntu: sudo apt install python3-venv. Then try again."
        )


def works(python: Path) -> bool:
    """Tell whether an interpreter is there, and starts, and has pip."""
    try:
        command = [python, "-m", "pip", "--version"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def install(group: str, wanted: list[str]) -> None:
    """Install a group into `.venv`, in the versions of the lock, once."""
    stamp = VENV / f"course-{group}.txt"
    state = hashlib.sha256(LOCK.read_bytes() + "\n".join(wanted).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == state:
        return
    python = python_of(VENV)
    print(
        f"Installing what `{group}` needs, as pinned in {LOCK.name}"
        " (this once; about a minute) …",
        flush=True,
    )
    command = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--progress-bar", "on" if sys.stdout.isatty() else "off"]
    command += ["--quiet"] if not sys.stdout.isatty() else []
    command += ["--constraint", LOCK, *wanted]
    if subprocess.run(command).returncode:
        raise CourseError(
            "The packages could not be installed; pip says why, above.\n"
            "Is this machine on the internet? What was installed stays; try again."
        )
    stamp.write_text(state)


def show_course() -> None:
    """Let any program of `.venv` import `course`, as a bare `mkdocs serve` does.

    Python adds each line of a .pth file to its path (docs.python.org, module `site`).
    """
    packages = sysconfig.get_path(
        "purelib", "venv", vars={"base": VENV, "platbase": VENV}
    )
    Path(packages, "course.pth").write_text(f"{ROOT}\n", "utf-8")


def go_on_with(python: Path) -> None:
    """Start this same command with another Python, in this process's place."""
    command = [str(python), "-m", "course", *sys.argv[1:]]
    if os.name != "nt":
        os.execv(python, command)
    # Windows cannot replace a process. Ctrl-C reaches the child too: let it end first.
    child = subprocess.Popen(command)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue
