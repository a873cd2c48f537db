"""Who may import whom: the map in CONTRIBUTING.md, enforced."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import course

from course.steps import NOTEBOOKS, ROOT

OURS = ("course", "tools")


def the_map() -> dict[str, list[str]]:
    """Return what each folder may import, as CONTRIBUTING.md says."""
    rows = re.findall(
        r"^\| `([\w/]+)/` \|[^|]*\|([^|]*)\|$",
        (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
        re.MULTILINE,
    )
    return {folder: re.findall(r"`([\w.]+)`", allowed) for folder, allowed in rows}


MAP = the_map()


def imports_of(source: str) -> Iterator[str]:
    """Yield the full name of everything that a module imports, wherever it does so."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def forbidden(source: str, allowed: list[str]) -> list[str]:
    """Return the modules of this repository that may not be imported here."""
    return [
        name
        for name in imports_of(source)
        if name.partition(".")[0] in OURS
        and not any(f"{name}.".startswith(f"{one}.") for one in allowed)
    ]


def folder_of(path: Path) -> str:
    """Return the folder of the map that a file belongs to: the deepest one."""
    inside = path.relative_to(ROOT).as_posix()
    return max((one for one in MAP if inside.startswith(f"{one}/")), key=len)


def python_files() -> list[Path]:
    """Return every Python file of the folders in the map, without the doctor's patients."""
    top = {folder.partition("/")[0] for folder in MAP}
    found = (path for name in top for path in (ROOT / name).rglob("*.py"))
    patients = ROOT / "doctor/projects"  # some of them are no Python at all
    return sorted(path for path in found if not path.is_relative_to(patients))


def test_the_map_names_every_folder_that_holds_python():
    assert {"steps", "exercises", "course", "tools", "tests"} <= set(MAP)
    for folder in MAP:
        assert (ROOT / folder).is_dir(), folder


def test_every_module_imports_only_what_the_map_allows():
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files()
        for name in forbidden(path.read_text("utf-8"), MAP[folder_of(path)])
    ]
    assert wrong == []


def test_the_notebooks_import_only_what_a_student_has():
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        for cell in cells:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and "await" not in source:
                assert forbidden(source, MAP["notebooks"]) == []


@pytest.mark.parametrize(
    ("source", "allowed", "found"),
    [
        ("from tools.pages import names", ["course"], ["tools.pages.names"]),
        ("import tools.lint", ["course"], ["tools.lint"]),
        (
            "def late():\n    from course import bench",
            ["course.steps"],
            ["course.bench"],
        ),
        ("from course.stepsister import x", ["course.steps"], ["course.stepsister.x"]),
        ("from course.steps import ROOT", ["course.steps"], []),
        ("from course import steps", ["course.steps"], []),
        ("import redis", [], []),
    ],
)
def test_a_forbidden_import_is_seen_and_an_allowed_one_is_not(source, allowed, found):
    assert forbidden(source, allowed) == found


def test_the_site_is_built_without_redis_django_or_a_browser():
    script = "import sys, tools.pages.directives; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "tools.pages.measured" in printed
    heavy = {"redis", "django", "channels", "playwright", "matplotlib", "course.bench"}
    assert heavy.isdisjoint(printed)


def verbs_of(program: str) -> set[str]:
    """Return the verbs that `--help` lists."""
    printed = course("--help", program=program).stdout
    return set(re.findall(r"^    ([a-z-]+)", printed, re.MULTILINE))


def test_students_and_developers_have_different_verbs():
    students, developers = verbs_of("course"), verbs_of("tools")
    assert {"run", "test", "break", "doctor", "list", "diff"} <= students
    assert {"lint", "carry", "record", "record-bench", "site"} <= developers
    assert students.isdisjoint(developers)
