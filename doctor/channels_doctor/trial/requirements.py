"""What a project asks pip for, and whether this Python already has it."""

import importlib.metadata
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from channels_doctor._vendor.packaging.requirements import (
    InvalidRequirement,
    Requirement,
)
from channels_doctor._vendor.packaging.utils import canonicalize_name
from channels_doctor.project import Project
from channels_doctor.reading import bytes_of, text_of
from channels_doctor.requirements import Need

# In the order in which a person would take them.
NAMES = [
    "requirements.txt",
    "requirements/dev.txt",
    "requirements/development.txt",
    "requirements/local.txt",
    "requirements/base.txt",
    "requirements-dev.txt",
    "requirements_dev.txt",
    "requirement.txt",
    "req.txt",
    "reqs.txt",
]
# What only tests and editors need; the project starts without it.
TOOLS = re.compile(
    r"pytest.*|hypothesis|coverage|factory-boy|model-bakery|faker|tox|nox|pre-commit|ruff"
    r"|black|flake8.*|isort|pylint.*|mypy.*|djlint|djade|.*-stubs|types-.*|ipython|ipdb"
)
# What conda's packages are called on PyPI; those that aren't here may be something else there.
OF_CONDA = {
    name: name
    for name in (
        "aiohttp asgiref celery channels channels-redis daphne dj-database-url django"
        " django-cors-headers django-environ djangorestframework gunicorn httpx hypercorn"
        " markdown msgpack numpy pandas pillow psycopg python-decouple python-dotenv pyyaml"
        " requests twisted uvicorn websockets whitenoise"
    ).split()
} | {
    "msgpack-python": "msgpack",
    "psycopg2": "psycopg2-binary",
    "redis-py": "redis",
}
ALWAYS_THERE = {"pip", "setuptools", "wheel", "pkg-resources"}


@dataclass
class Wanted:
    """The requirements of a project: the file that pip gets, or a list from elsewhere."""

    file: str = ""  # relative to the folder
    lines: list[str] = field(default_factory=list)
    source: str = ""  # where the list is from, if it isn't a file for pip
    left_out: list[str] = field(default_factory=list)  # conda's, not for pip
    is_plain: bool = True  # packages of an index only: no URL, path or editable

    @property
    def is_known(self) -> bool:
        """The project says what it needs."""
        return bool(self.file or self.lines)

    @property
    def name(self) -> str:
        """What to call it."""
        return self.file or self.source

    @property
    def requirements(self) -> list[Requirement]:
        """The requirements that count on this system."""
        found = []
        for line in self.lines:
            try:
                one = Requirement(line)
            except InvalidRequirement:
                continue
            if one.marker is None or one.marker.evaluate():
                found.append(one)
        return found


def find_wanted(folder: Path, project: Project) -> Wanted:
    """Find out what the project needs."""
    root = project.modules.root
    for name in NAMES:
        for file in dict.fromkeys([root + name, name]):
            if (folder / file).is_file():
                wanted = Wanted(file)
                read_file(folder, file, wanted, set())
                return wanted
    # pyproject.toml, Pipfile, Poetry: whatever the doctor could read of them.
    needs = [need for need in project.requirements.needs if not is_extra(need)]
    files = dict.fromkeys(need.where.partition(":")[0] for need in needs)
    wanted = Wanted(source=" and ".join(files))
    for need in needs:
        if not need.is_from_conda:
            wanted.lines.append(written(need))
        elif need.name in OF_CONDA:
            wanted.lines.append(OF_CONDA[need.name] + need.spec)
        elif need.name not in ALWAYS_THERE:
            wanted.left_out.append(need.name)
    return wanted


def is_extra(need: Need) -> bool:
    """Tell whether a need is only a tool's choice of a version, or may be left out."""
    return need.is_from_lock or need.is_optional


def written(need: Need) -> str:
    """Return a need as pip takes it."""
    extras = f"[{','.join(need.extras)}]" if need.extras else ""
    marker = f"; {need.marker}" if need.marker else ""
    return f"{need.name}{extras}{need.spec}{marker}"


def read_file(folder: Path, file: str, wanted: Wanted, seen: set[Path]) -> None:
    """Read a requirements file, and those that it names with -r."""
    path = (folder / file).resolve()
    data = bytes_of(path)
    if path in seen or data is None:
        return
    seen.add(path)
    text = re.sub(r"\\\r?\n", " ", text_of(data).replace("\0", ""))
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*|\s--hash.*", "", line).strip()
        if other := re.match(r"(?:-r|--requirement)[ =]*(\S+)", line):
            read_file(path.parent, other[1], wanted, seen)
        elif (
            line.startswith("-e")
            or re.match(r"[./]|\w+://|git\+", line)
            or " @ " in line
        ):
            wanted.is_plain = False
        elif line and not line.startswith("-"):
            wanted.lines.append(line)
            if not is_readable(line):
                wanted.is_plain = False  # pip has the last word about it


def is_readable(line: str) -> bool:
    """Tell whether a line is a requirement in pip's grammar."""
    try:
        Requirement(line)
    except InvalidRequirement:
        return False
    return True


def missing(wanted: Wanted, project: Project) -> list[str]:
    """Return the requirements that this Python doesn't satisfy, without test tools."""
    return [
        str(one)
        for one in wanted.requirements
        if not is_satisfied(one) and not is_for_tests(one.name, project)
    ]


def is_for_tests(name: str, project: Project) -> bool:
    """Tell whether the project runs without a package that it asks for."""
    name = canonicalize_name(name)
    if TOOLS.fullmatch(name):
        return True
    # Clients of the tests, if no module of the project itself imports them.
    return name in ("websockets", "httpx", "requests") and not any(
        re.search(rf"^\s*(?:from|import)\s+{name}\b", source.text, re.MULTILINE)
        for file, source in project.sources.items()
        if file.endswith(".py") and "test" not in file
    )


def is_satisfied(one: Requirement) -> bool:
    """Tell whether this Python has a package in a version that fits, and its extras."""
    try:
        found = importlib.metadata.distribution(one.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    if not one.specifier.contains(found.version, prereleases=True):
        return False
    extras = (
        more for more in requires(found, one.extras) if "extra" in str(more.marker)
    )
    return all(is_satisfied(more) for more in extras)


def requires(
    found: importlib.metadata.Distribution, extras: Iterable[str]
) -> Iterator[Requirement]:
    """Yield what an installed package needs on this system, with these extras."""
    for line in found.requires or ():
        one = Requirement(line)
        marker = one.marker
        if marker is None or any(marker.evaluate({"extra": e}) for e in ("", *extras)):
            yield one


def hidden_modules(wanted: Wanted, folder: Path) -> list[str]:
    """Return the modules of this Python that installing the requirements wouldn't bring."""
    visible = ALWAYS_THERE | {*wanted.left_out, *everything_of(wanted.requirements)}
    own = {path.name.removesuffix(".py") for path in folder.iterdir()}
    return sorted(
        module
        for module, packages in importlib.metadata.packages_distributions().items()
        if module not in own and visible.isdisjoint(map(canonicalize_name, packages))
    )


def everything_of(requirements: list[Requirement]) -> Iterator[str]:
    """Yield the names of all packages that these bring along, and their own."""
    queue, seen = list(requirements), set()
    for one in queue:  # it grows while we go through it
        key = (canonicalize_name(one.name), *sorted(one.extras))
        if key in seen:
            continue
        seen.add(key)
        yield key[0]
        try:
            queue += requires(importlib.metadata.distribution(one.name), one.extras)
        except importlib.metadata.PackageNotFoundError:
            continue
