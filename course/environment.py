"""The Python environment of the course: made on first use, quick afterwards."""

import hashlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from course.errors import CourseError
from course.installing import pip_install
from course.steps import ROOT

VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.txt"

# Set for the command that goes on in `.venv`, so that it can't start itself for ever.
GOES_ON = "COURSE_GOES_ON"


def enter(group: str, program: str = "course") -> None:
    """Go on in a Python that has all packages of a group; make it if need be.

    Returns if this Python is the one. Else it prepares `.venv`, starts the same command
    of `program` there, and doesn't return. Where nothing is missing, no pip is started.
    """
    goes_on = os.environ.pop(GOES_ON, "")
    wanted = list(requirements_of(group))
    if has_everything(wanted):
        return
    inside = is_venv(sys.prefix)
    if goes_on and not inside:
        raise CourseError(
            f"The Python environment in {VENV} is damaged.\n"
            f"Delete the folder {VENV} and try again."
        )
    if not inside:
        make_venv()
    install(group, wanted)
    show_course()
    if not inside:
        go_on_with(python_of(VENV), program)


def enter_if_made(program: str = "course") -> None:
    """Go on in `.venv` if there is one; make none."""
    goes_on = os.environ.pop(GOES_ON, "")
    if not goes_on and not is_venv(sys.prefix) and is_whole(VENV):
        go_on_with(python_of(VENV), program)


def requirements_of(group: str) -> Iterator[str]:
    """Yield the requirements of a dependency group of pyproject.toml (PEP 735)."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for entry in groups["dependency-groups"][group]:
        if isinstance(entry, dict):
            yield from requirements_of(entry["include-group"])
        else:
            yield entry


def has_everything(wanted: list[str], path: list[str] | None = None) -> bool:
    """Tell whether this Python has every package, in the version of the lock.

    With `path`, look in these folders instead. A requirement with a marker is for some
    machines only, so a missing one is no reason to install.
    """
    locked = dict(locked_versions())
    search = {} if path is None else {"path": path}
    installed = {
        normal_name(found.name): found.version
        for found in metadata.distributions(**search)
        if found.name  # a package that pip has half removed has none
    }
    return all(
        name in installed and installed[name] == locked.get(name)
        for name in (normal_name(one) for one in wanted if ";" not in one)
    )


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


def packages_of(venv: Path) -> list[Path]:
    """Return the folder of a virtual environment's packages; none if it isn't there."""
    return [
        folder
        for pattern in ("lib/python3.*/site-packages", "Lib/site-packages")
        for folder in venv.glob(pattern)
    ]


def is_whole(venv: Path) -> bool:
    """Tell whether a virtual environment can be used: its Python, its mark, its pip.

    Without pyvenv.cfg, its Python takes itself for the one it was made from
    (docs.python.org, module `site`).
    """
    has_pip = any((folder / "pip").is_dir() for folder in packages_of(venv))
    return has_pip and python_of(venv).exists() and (venv / "pyvenv.cfg").is_file()


def make_venv() -> None:
    """Make `.venv`, unless it is there and whole."""
    if is_whole(VENV):
        return
    print(f"Creating a Python environment in {VENV} …", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        said = (result.stdout + result.stderr).strip()
        raise CourseError(f"{why_no_venv(said)}\n\nPython says:\n{said}")


def why_no_venv(said: str) -> str:
    """Return why Python could not make an environment, and what to do."""
    if "No space left" in said:
        return f"The disk is full: there's no room for a Python environment in {VENV}."
    advice = "On Debian and Ubuntu: sudo apt install python3-venv. Then try again."
    return f"Python could not create an environment in {VENV}." + (
        f"\n{advice}" if sys.platform == "linux" else ""
    )


def install(group: str, wanted: list[str]) -> None:
    """Install a group into `.venv`, in the versions of the lock, if anything is missing."""
    stamp = VENV / f"course-{group}.txt"
    state = hashlib.sha256(LOCK.read_bytes() + "\n".join(wanted).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == state:
        return
    if not has_everything(wanted, [str(folder) for folder in packages_of(VENV)]):
        print(f"Installing the packages that `{group}` needs (only once) …", flush=True)
        pip_install(python_of(VENV), ["--constraint", str(LOCK), *wanted])
    stamp.write_text(state)


def show_course() -> None:
    """Let any program of `.venv` import `course` and `tools`, as a bare `mkdocs` does.

    Python adds each line of a .pth file to its path (docs.python.org, module `site`).
    """
    for folder in packages_of(VENV):
        line = folder / "course.pth"
        if not line.exists() or line.read_text("utf-8") != f"{ROOT}\n":
            line.write_text(f"{ROOT}\n", "utf-8")


def go_on_with(python: Path, program: str) -> None:
    """Start this same command with another Python, in this process's place."""
    command = [str(python), "-m", program, *sys.argv[1:]]
    env = os.environ | {GOES_ON: "1"}
    if os.name != "nt":
        os.execve(python, command, env)
    # Windows cannot replace a process. Ctrl-C reaches the child too: let it end first.
    child = subprocess.Popen(command, env=env)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue
