"""The doctor as a package of its own: what it brings, and that it runs alone."""

import ast
import os
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from flit_core import buildapi

from tests.doctor_projects import BASES, copy
from tests.doctor_scenes import DOCTOR, ROOT

PACKAGE = DOCTOR / "channels_doctor"
VENDOR = PACKAGE / "_vendor"
NEEDS_DJANGO = {"apps.py", "django_checks.py"}  # Django imports these itself


def copies():
    """Yield each file that the doctor brings along, with the library's name."""
    for library in ("packaging", "pyflakes"):
        for path in sorted((VENDOR / library).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield library, path


@pytest.mark.parametrize(
    ("library", "path"), [*copies()], ids=lambda one: getattr(one, "name", one)
)
def test_what_it_brings_along_is_unchanged(library, path):
    installed = metadata.distribution(library)
    original = installed.locate_file(path.relative_to(VENDOR).as_posix())
    assert path.read_bytes() == Path(original).read_bytes()


@pytest.mark.parametrize("library", ["packaging", "pyflakes"])
def test_the_copies_are_of_the_release_that_the_lock_names(library):
    lock = (ROOT / "requirements.txt").read_text("utf-8")
    assert f"\n{library}=={metadata.version(library)}" in f"\n{lock}"
    assert list((VENDOR / "licenses" / library).iterdir())


def modules_imported(path):
    """Return the first part of each absolute import of a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def own_files():
    """Return the modules of the doctor that only read.

    Left out is what it brings along, and what `--run` starts inside a project's environment.
    """
    others = {VENDOR, PACKAGE / "trial"}
    files = PACKAGE.rglob("*.py")
    return sorted(path for path in files if others.isdisjoint(path.parents))


def test_it_needs_nothing_but_python():
    allowed = sys.stdlib_module_names | {"channels_doctor"}
    others = {
        (path.name, name)
        for path in own_files()
        for name in modules_imported(path)
        if name not in allowed
    }
    assert {file for file, _ in others} <= NEEDS_DJANGO
    assert {name for _, name in others} <= {"django"}


def test_it_runs_without_any_package(tmp_path):
    """-S leaves out site-packages, and so everything that is installed."""
    copy(BASES / "chat", tmp_path)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "channels_doctor", str(tmp_path)],
        cwd=DOCTOR,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Nothing found")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that flit makes of a copy of the folder; nothing is fetched."""
    folder = tmp_path_factory.mktemp("doctor")
    copy(DOCTOR, folder / "doctor")
    place = os.getcwd()
    os.chdir(folder / "doctor")
    try:
        return folder / buildapi.build_wheel(str(folder))
    finally:
        os.chdir(place)


def test_the_wheel_has_all_that_it_needs_and_no_project(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(DOCTOR).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in names if name.startswith("channels_doctor/")}
    assert inside == wanted
    assert not [name for name in names if "projects/" in name]
    assert any(name.endswith("entry_points.txt") for name in names)


def test_the_license_comes_with_the_folder():
    """Whoever copies the folder into a project of theirs has it."""
    assert (DOCTOR / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.slow
def test_installed_into_an_empty_environment_it_works(wheel, tmp_path):
    copy(BASES / "chat", tmp_path / "school")
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [programs / "python", "-m", "pip", "install", "--no-index", "--quiet"]
    subprocess.run([*pip, str(wheel)], check=True)
    done = subprocess.run(
        [programs / "channels-doctor", "school"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Nothing found")
    freeze = [programs / "python", "-m", "pip", "freeze"]
    listed = subprocess.run(freeze, capture_output=True, text=True).stdout
    assert [line.split()[0] for line in listed.splitlines()] == ["channels-doctor"]
