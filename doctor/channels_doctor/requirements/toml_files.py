"""Reading what is asked for in TOML: pyproject.toml, a Pipfile, and the locks of uv and Poetry."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from channels_doctor.requirements.need import Need, read_need
from channels_doctor.requirements.together import RequirementsFile


def load(text: str) -> dict[str, Any]:
    """Return the tables of a file; none if it can't be read: it's not ours to judge."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def read_pyproject(file: str, text: str) -> RequirementsFile | None:
    """Read PEP 621 with its extras, the dependency groups, and Poetry's and PDM's own tables.

    A pyproject.toml that only sets up a formatter is not about packages: None.
    """
    tables = load(text)
    poetry = table(tables, "tool", "poetry")
    if "dependencies" in poetry:
        return read_poetry(file, text, poetry)
    if "project" not in tables and "dependency-groups" not in tables:
        return None
    project = table(tables, "project")
    read = RequirementsFile(file, "quoted")
    dynamic = project.get("dynamic")
    read.is_complete = "dependencies" not in (
        dynamic if isinstance(dynamic, list) else []
    )
    for line in strings(project.get("dependencies")):
        if need := read_need(line, place_of(file, text, line)):
            read.needs.append(need)
    for line in optional_lines(tables):
        if need := read_need(line, place_of(file, text, line)):
            read.needs.append(replace(need, is_optional=True))
    if isinstance(python := project.get("requires-python"), str):
        where = place_of(file, text, python, "requires-python")
        read.python.append(Need("python", python, where, text=python))
    return read


def optional_lines(tables: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of every extra and of every group."""
    groups = [
        *table(tables, "project", "optional-dependencies").values(),
        *table(tables, "dependency-groups").values(),
        *table(tables, "tool", "pdm", "dev-dependencies").values(),
    ]
    for group in groups:
        yield from strings(group)


def read_poetry(file: str, text: str, poetry: dict[str, Any]) -> RequirementsFile:
    """Read `tool.poetry.dependencies`, and those of its groups."""
    read = RequirementsFile(file, "table")
    groups = [poetry["dependencies"], poetry.get("dev-dependencies")]
    for group in table(poetry, "group").values():
        groups.append(table(group, "dependencies") if isinstance(group, dict) else {})
    for number, group in enumerate(groups):
        is_optional = number > 0
        read_table(read, text, group if isinstance(group, dict) else {}, is_optional)
    return read


def read_pipfile(file: str, text: str) -> RequirementsFile:
    """Read a Pipfile."""
    tables = load(text)
    read = RequirementsFile(file, "table", is_complete=bool(tables))
    for name in ("packages", "dev-packages"):
        read_table(read, text, table(tables, name), is_optional=name != "packages")
    version = table(tables, "requires").get("python_version")
    if isinstance(version, str):
        where = place_of(file, text, version, "python_version")
        read.python.append(Need("python", f"=={version}.*", where, text=version))
    return read


def read_table(
    read: RequirementsFile, text: str, names: dict[str, Any], is_optional: bool = False
) -> None:
    """Read lines such as `channels = "^4.3"` and `channels = { version = "*", … }`."""
    for name, value in names.items():
        version, extras, marker = value, (), ""
        if isinstance(value, dict):
            version = value.get("version", "*")
            extras = tuple(strings(value.get("extras")))
            marker = str(value.get("markers", ""))
        version = version if isinstance(version, str) else "*"
        where = place_of(read.file, text, "", name)
        need = read_need(f"{name}{specifier(version)}", where)
        if need is None:
            continue
        if need.name == "python":
            read.python.append(Need("python", specifier(version), where, text=version))
        else:
            read.needs.append(
                Need(
                    need.name,
                    need.spec,
                    where,
                    marker,
                    extras,
                    text=version,
                    is_optional=is_optional,
                )
            )


def specifier(version: str) -> str:
    """Return Poetry's `^4.3`, `~4.3`, `4.3.*` and `4.3` as `pip` writes them."""
    parts = (one.strip() for one in version.split("||")[0].split(","))
    return ",".join(filter(None, map(one_specifier, parts)))


def one_specifier(part: str) -> str:
    """Return one of the conditions between the commas."""
    if found := re.fullmatch(r"\^\s*(\d+(?:\.\d+)*)[\w.]*", part):
        numbers = [int(one) for one in found[1].split(".")]
        place = next((n for n, one in enumerate(numbers) if one), len(numbers) - 1)
        above = [*numbers[:place], numbers[place] + 1]
        return f">={found[1]},<{'.'.join(map(str, above))}"
    if found := re.fullmatch(r"~\s*(\d+(?:\.\d+)*)[\w.]*", part):
        first, *rest = found[1].split(".")
        above = f"{first}.{int(rest[0]) + 1}" if rest else str(int(first) + 1)
        return f">={found[1]},<{above}"
    if re.match(r"\d", part):
        return f"=={part}"
    return "" if part == "*" else part


def read_toml_lock(file: str, text: str) -> RequirementsFile:
    """Read uv.lock, poetry.lock or pdm.lock: every package, at one version."""
    read = RequirementsFile(file, "lock", is_lock=True)
    starts = re.finditer(
        r'^\[\[package\]\]\s*\nname = "([^"\n]+)"\s*\nversion = "([^"\n]+)"', text, re.M
    )
    line, counted = 1, 0
    for found in starts:
        line += text.count("\n", counted, found.start(1))
        counted = found.start(1)
        need = read_need(f"{found[1]}=={found[2]}", f"{file}:{line}", is_from_lock=True)
        read.needs += [need] if need else []
    return read


def table(tables: dict[str, Any], *path: str) -> dict[str, Any]:
    """Return a table inside others; an empty one if there is none."""
    for name in path:
        inner = tables.get(name)
        tables = inner if isinstance(inner, dict) else {}
    return tables


def strings(value: Any) -> list[str]:
    """Return the texts of a list; none if it's something else."""
    return (
        [one for one in value if isinstance(one, str)]
        if isinstance(value, list)
        else []
    )


def place_of(file: str, text: str, value: str, key: str = "") -> str:
    """Return "file:line" of a quoted text, or of a key and its value."""
    quoted = rf"[\"']{re.escape(value)}[\"']"
    pattern = rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=.*" if key else quoted
    if key and value:
        pattern += quoted
    if found := re.search(pattern, text, re.MULTILINE):
        start = found.end() if not key else found.end() - 1
        return f"{file}:{text.count(chr(10), 0, start) + 1}"
    return file
