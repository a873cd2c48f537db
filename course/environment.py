"""The Python environment of the course: made on first use, quick afterwards."""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from course.errors import CourseError
from course.installing import pip_install, pip_install_from
from course.offline_kit import Kit, open_kit, sha256_of_lock, this_machine
from course.steps import ROOT

VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.txt"

# Set for the command that goes on in `.venv`, so that it can't start itself for ever.
GOES_ON = "COURSE_GOES_ON"


def enter(group: str, program: str = "course", kit: Path | None = None) -> None:
    """Go on in a Python that has all packages of a group; make it if need be.

    Returns if this Python is the one. Else it prepares `.venv`, starts the same command
    of `program` there, and doesn't return. Where nothing is missing, no pip is started.

    From the folder of a `kit` everything is installed that the kit has, so that the next
    verb needs neither the network nor the kit.
    """
    goes_on = os.environ.pop(GOES_ON, "")
    groups, found = [group], None
    if kit is not None and not (goes_on and has_group(group)):
        found = open_unless_needless(kit, group)
        groups += [other for other in found.groups if other != group] if found else []
    if all(map(has_group, groups)):
        return
    inside = is_venv(sys.prefix)
    if goes_on and not inside:
        raise CourseError(
            f"The Python environment in {VENV} is damaged.\n"
            f"Delete the folder {VENV} and try again."
        )
    if found is not None and all(map(is_installed, groups)):
        found = None
    if found is not None:
        check(found)
    if not inside:
        make_venv()
    if found is not None:
        install_from(found, groups)
    for each in groups:
        install(each, list(requirements_of(each)))
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


def has_group(group: str) -> bool:
    """Tell whether this Python has every package of a group."""
    return has_everything(list(requirements_of(group)))


def is_installed(group: str) -> bool:
    """Tell whether `.venv` has every package of a group."""
    folders = [str(folder) for folder in packages_of(VENV)]
    return has_everything(list(requirements_of(group)), folders)


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


def open_unless_needless(folder: Path, group: str) -> Kit | None:
    """Return the kit in a folder; None if it is gone, but the group is there already."""
    try:
        return open_kit(folder)
    except CourseError:
        if not is_installed(group):
            raise
    return None


def check(kit: Kit) -> None:
    """Raise CourseError unless a kit has whole wheels for this Python and system."""
    here = this_machine()
    if is_whole(VENV):  # made by another Python, perhaps
        about = (VENV / "pyvenv.cfg").read_text("utf-8")
        if found := re.search(
            r"^version(?:_info)? *= *(\d+\.\d+)", about, re.MULTILINE
        ):
            here = replace(here, python=found[1], program=str(python_of(VENV)))
    wheels = kit.wheels_for(here)
    print(f"Verifying {len(wheels)} packages in {kit.folder} …", flush=True)
    kit.verify(wheels)


def install_from(kit: Kit, groups: list[str]) -> None:
    """Install everything that a kit has into `.venv`, in the versions of the lock."""
    print("Installing the packages of the kit (only once) …", flush=True)
    wanted = dict.fromkeys(line for each in groups for line in requirements_of(each))
    words = ["--constraint", str(LOCK), *wanted]
    pip_install_from(kit.wheels, python_of(VENV), words, lacks(kit))


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


def lacks(kit: Kit) -> str:
    """Return why a kit may lack a package, and what to do."""
    if kit.contents["lock"] == sha256_of_lock(LOCK):
        why = "one of its wheels does not fit this machine."
    else:
        why = (
            "it was packed for another version of the course than the one in"
            f" {ROOT}.\nThe right one is in the kit: git clone"
            f" {kit.folder / 'course.bundle'} realtime-django"
        )
    return f"The packages of the kit in {kit.folder} could not be installed: {why}"


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
