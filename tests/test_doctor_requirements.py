"""What the doctor reads of the requirements, and whether its advice can be installed."""

import shutil
import subprocess
import sysconfig
from importlib import metadata

import pytest
from conftest import refuse

from tests.doctor_projects import all_cases, copy

ADVISED = ("conflict", "channels-old", "daphne-old", "redis-unpinned", "requirement-")


def needs_in(name, text):
    """Return what a file of this name asks for: name and versions."""
    from channels_doctor.requirements import reader_of

    read = reader_of(name)(name, text)
    return {need.name: need.spec for need in read.needs}


@pytest.mark.parametrize(
    ("version", "allowed", "refused"),
    [
        ("^4.3", "4.9", "5.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("~4.3", "4.3.2", "4.4"),
        ("~4", "4.9", "5.0"),
        ("4.3.*", "4.3.2", "4.4"),
        ("4.3.2", "4.3.2", "4.3.1"),
        (">=4.2,<5", "4.3", "5.0"),
    ],
)
def test_poetry_writes_versions_in_its_own_way(version, allowed, refused):
    text = f'[tool.poetry.dependencies]\nchannels = "{version}"\n'
    spec = needs_in("pyproject.toml", text)["channels"]
    from channels_doctor._vendor.packaging.specifiers import SpecifierSet

    assert allowed in SpecifierSet(spec)
    assert refused not in SpecifierSet(spec)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "Channels[daphne] >= 4.3  # WebSockets"),
        ("requirements.in", "channels (>=4.3)"),
        ("requirements/base.txt", "channels>=4.3 ; python_version > '3.9'"),
        ("req.txt", "channels>=4.3 --hash=sha256:00"),
        ("requisitos.txt", "channels>=4.3\\\n    --hash=sha256:00"),
        ("pyproject.toml", '[project]\ndependencies = ["channels>=4.3"]'),
        ("pyproject.toml", '[dependency-groups]\nchat = ["channels>=4.3"]'),
        ("pyproject.toml", '[project.optional-dependencies]\nchat = ["channels>=4.3"]'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nchannels = ">=4.3"'),
        (
            "Pipfile",
            '[packages]\nchannels = { version = ">=4.3", extras = ["daphne"] }',
        ),
        ("environment.yml", "dependencies:\n- channels>=4.3\n"),
        ("environment.yml", "dependencies:\n  - pip:\n      - channels>=4.3\n"),
        ("setup.cfg", "[options]\ninstall_requires =\n    channels>=4.3\n"),
        (
            "setup.py",
            "from setuptools import setup\nsetup(install_requires=['channels>=4.3'])",
        ),
        (
            "Dockerfile",
            "FROM python:3.13\nRUN pip install --no-cache-dir 'channels>=4.3'",
        ),
        (
            "start.sh",
            "uv pip install 'channels>=4.3' && daphne mysite.asgi:application",
        ),
    ],
)
def test_every_form_of_a_requirement_is_read(name, text):
    assert needs_in(name, text) == {"channels": ">=4.3"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", '[[package]]\nname = "channels"\nversion = "4.3.2"\n'),
        ("poetry.lock", '[[package]]\nname = "channels"\nversion = "4.3.2"\n'),
        (
            "Pipfile.lock",
            '{"default": {"channels": {"version": "==4.3.2"}}, "develop": {}}',
        ),
    ],
)
def test_a_lock_is_read(name, text):
    assert needs_in(name, text) == {"channels": "==4.3.2"}


@pytest.mark.parametrize(
    ("line", "is_old"),
    [
        ("channels==3.0.5", True),
        ("channels<4", True),
        ("channels~=2.4", True),
        ("channels-redis==3.4.1", True),  # it goes with Channels 2 and 3 only
        ("channels>=3", False),
        ("channels", False),
        ("channels[daphne]~=4.3", False),
        ("django", False),
    ],
)
def test_the_version_of_channels_is_known_only_if_it_is_pinned(line, is_old):
    from channels_doctor.requirements import Requirements, reader_of

    read = reader_of("requirements.txt")("requirements.txt", line)
    assert Requirements([read]).channels.below(4) is is_old


@pytest.mark.parametrize(
    "text", ["[project", "[[package]]", "{", "dependencies:\n  - [", "\0"]
)
@pytest.mark.parametrize(
    "name",
    ["pyproject.toml", "Pipfile", "Pipfile.lock", "uv.lock", "setup.cfg", "setup.py"]
    + ["environment.yml", "requirements.txt", "Dockerfile", "runtime.txt"],
)
def test_a_file_that_is_damaged_stops_nothing(name, text):
    from channels_doctor.requirements import reader_of

    reader_of(name)(name, text)


@pytest.mark.parametrize("package", ["django", "channels", "channels-redis", "daphne"])
def test_the_facts_are_those_of_the_installed_release(package):
    """A row has what all its releases need, so it asks for no more than this one does."""
    from channels_doctor.requirements.facts import rows_for
    from channels_doctor.requirements.need import read_need

    (row,) = rows_for(package, f"=={metadata.version(package)}")
    lines = [line for line in metadata.requires(package) if "extra" not in line]
    needed = {need.name: need for line in lines if (need := read_need(line, ""))}
    for line in row.needs:
        fact = read_need(line, "")
        assert needed[fact.name].versions.is_subset(fact.versions), line
    assert metadata.metadata(package)["Requires-Python"] == f">={row.python}"


def advised():
    """Yield each case in which the doctor changes a requirements.txt, for pip to try."""
    for case in all_cases():
        files = {one.get("file") for one in case.finding}
        if case.name.startswith(ADVISED) and "requirements.txt" in files:
            yield case


@pytest.mark.slow
@pytest.mark.parametrize("case", list(advised()), ids=lambda case: case.name)
def test_what_the_doctor_advises_can_be_installed(case, tmp_path):
    """Each diff of the requirements is one that a resolver finds versions for."""
    from channels_doctor import edits, examine

    folder = case.build("broken", tmp_path / "before")
    findings = [one for one in examine(folder) if one.edits]
    serious = [one for one in findings if one.level == "wrong"] or findings
    for number, finding in enumerate(serious):
        after = tmp_path / f"after-{number}"
        copy(folder, after)
        names = {edit.file for edit in finding.edits}
        texts = {name: (folder / name).read_bytes().decode() for name in names}
        for name, text in edits.apply(texts, finding.edits).items():
            (after / name).write_text(text, encoding="utf-8", newline="")
        resolve(after / "requirements.txt", finding)


def resolve(file, finding):
    """Let uv find versions for a file, without installing them."""
    python = "3.8" if "channels~=3.0" in file.read_text("utf-8") else "3.12"
    uv = shutil.which("uv", path=sysconfig.get_path("scripts")) or shutil.which("uv")
    command = [uv, "pip", "compile", "--quiet", "--python-version", python, str(file)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Failed to fetch" in result.stderr:
        refuse(f"The packages can't be looked up: {result.stderr}")
    assert result.returncode == 0, f"{finding.what}\n{result.stderr}"
