"""What the playground offers: projects, breaks and exercises, as one JSON file.

docs/data/playground-content.toml names them. docs.build() writes the result into the
site, and docs/en/playground/ says in its scripts what the page does with it.
"""

import gzip
import json
import sys
import tempfile
import tomllib
from pathlib import Path

from course import compare
from course.breaks.exhibits import Exhibit, find, in_full
from course.changes import Change
from course.errors import CourseError
from course.steps import DATA, ROOT, find_step

SOURCE = DATA / "playground-content.toml"
IN_SITE = Path("playground", "content.json")
LARGEST = 200_000  # bytes, compressed: it's loaded with the page


def write(site: Path) -> None:
    """Write content.json into a built site."""
    path = site / IN_SITE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(content()))


def as_bytes(found: dict) -> bytes:
    """Return the content as the file has it."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def content() -> dict:
    """Return everything that the playground offers."""
    source = tomllib.loads(SOURCE.read_text("utf-8"))
    whole = {entry["name"]: files_of(entry) for entry in source["project"]}
    made = {entry["name"]: project(entry, whole) for entry in source["project"]}
    return {
        "projects": made,
        "absent": {step: html(text) for step, text in source["absent"].items()},
        "breaks": [broken(entry, made, whole) for entry in source["break"]],
        "exercises": [],
        "checking": {},
    }


def html(text: str) -> str:
    """Return Markdown as HTML."""
    import markdown

    return markdown.markdown(text, extensions=["fenced_code", "tables", "attr_list"])


# ---- Projects ------------------------------------------------------------------------------


def project(entry: dict, whole: dict[str, dict[str, str]]) -> dict:
    """Return one project; with a base, it has only the files that differ."""
    name, base = entry["name"], entry.get("base")
    files = whole[name]
    missing = [path for path in entry["open"] if path not in files]
    if missing:
        raise CourseError(f'{SOURCE.name}: project "{name}" has no {missing[0]}.')
    found = {key: entry[key] for key in ("name", "title", "step", "open", "page")}
    found |= {
        "lesson": f"lessons/{entry['step']}.html",
        "files": changed(whole[base], files) if base else files,
        "application": entry["application"],
        "layers": entry.get("layers", ["project"]),
        "migrate": entry.get("migrate", False),
        "servers": entry["servers"],
        "note": html(entry["note"]),
    }
    return found | ({"base": base} if base else {})


def files_of(entry: dict) -> dict[str, str]:
    """Return the files of a project: path, and text."""
    step = find_step(entry["step"])
    found = texts(compare.files_of(step))
    for path in entry.get("omit", []):
        del found[path]
    return found | {
        path: text.lstrip("\n") for path, text in entry.get("add", {}).items()
    }


def texts(files: dict[str, bytes]) -> dict[str, str]:
    """Return the files that a server needs, as texts: no README, no tests."""
    return {
        path: content.decode()
        for path, content in files.items()
        if path not in {"README.md", "pytest.ini"} and not path.startswith("tests/")
    }


def changed(before: dict[str, str], after: dict[str, str]) -> dict[str, str | None]:
    """Return the files that differ; None for one that is gone."""
    return {
        path: after.get(path)
        for path in sorted(before | after)
        if before.get(path) != after.get(path)
    }


# ---- Breaks --------------------------------------------------------------------------------


def broken(entry: dict, made: dict[str, dict], whole: dict[str, dict]) -> dict:
    """Return one exhibit of the museum, as a change of a project."""
    exhibit = find(entry["name"])
    right = entry.get("right", exhibit.right)
    note = entry.get("note")
    return {
        "name": exhibit.name,
        "title": exhibit.title,
        "project": entry["project"],
        "files": mistakes(exhibit, entry, whole[entry["project"]]),
        "does": exhibit.does,
        "ask": entry.get("ask", exhibit.ask),
        "choices": exhibit.choices,
        "right": right,
        "try": entry["try"],
        "says": exhibit.says,
        "gets": [in_full(outcome) for outcome in exhibit.gets],
        "museum": f"errors.html#{exhibit.name}",
        "servers": entry.get("servers", 1),
        "layer": made[entry["project"]]["layers"][0],
    } | ({"note": html(note)} if note else {})


def mistakes(exhibit: Exhibit, entry: dict, files: dict[str, str]) -> dict[str, str]:
    """Return the files with the mistake of an exhibit."""
    more = [Change(**change) for change in entry.get("changes", [])]
    with tempfile.TemporaryDirectory() as folder:
        copy = exhibit.copy(Path(folder))
        for change in more:
            change.make(copy, SOURCE.relative_to(ROOT).as_posix())
        paths = dict.fromkeys(change.file for change in [*exhibit.changes, *more])
        found = {path: (copy / path).read_text("utf-8") for path in paths}
    return {path: text for path, text in found.items() if text != files.get(path)}


if __name__ == "__main__":
    made = as_bytes(content())
    print(f"{len(made):,} bytes, {len(gzip.compress(made)):,} compressed")
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_bytes(made)
