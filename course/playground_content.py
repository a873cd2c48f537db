"""What the playground offers: projects, breaks and exercises, as JSON.

    python -m course.playground_content [FOLDER]    say how large it is, and write it

A project that has packs of its own has a file of its own, too, which is loaded with them.
docs/data/playground-content.toml names the first two, and playground.toml the exercises.
docs.build() writes the result into the site; docs/en/playground/ works with it. A text
that comes from Markdown is HTML there: whole paragraphs in a `note`, `task`, `hints` and
`solution`, inline elements elsewhere.
"""

import base64
import gzip
import json
import sys
import tempfile
import tomllib
from html import escape
from pathlib import Path

from course import compare
from course.breaks.exhibits import find, in_full
from course.changes import Change
from course.errors import CourseError
from course.exercise import catalogue, copies
from course.exercise.catalogue import Exercise
from course.steps import DATA, ROOT, find_step

SOURCE = DATA / "playground-content.toml"
CHECKS = DATA / "playground.toml"
IN_SITE = Path("playground", "content.json")
LARGEST = 200_000  # bytes, compressed: it's loaded with the page

USUAL = "03"  # the project of an exercise that isn't about a step
LOBBY = "chat/"  # what an exercise shows unless it names a page
# What no server and no check reads.
LEFT_OUT = ("README.md", "pytest.ini", "tests/", "deploy/", ".dockerignore")
LEFT_OUT_ENDS = (".po",)  # msgfmt has made .mo of them
BINARY = (".mo",)
# Of a project that has a file of its own, what is in that one.
LATER = ("files", "binary")


def write(site: Path) -> None:
    """Write content.json and what goes with it into a site, if that has the playground."""
    if (site / IN_SITE).parent.is_dir():
        for path, found in in_files(content()).items():
            (site / path).write_bytes(as_bytes(found))


def in_files(found: dict) -> dict[Path, dict]:
    """Return the content by file: what the page loads at once, and what it loads later."""
    now, later = dict(found["projects"]), {}
    for name, one in found["projects"].items():
        if "packs" in one:
            file = IN_SITE.with_stem(f"{IN_SITE.stem}-{name}")
            later[file] = {key: one[key] for key in LATER if key in one}
            now[name] = {key: one[key] for key in one if key not in LATER}
            now[name]["later"] = file.name
    return {IN_SITE: found | {"projects": now}, **later}


def as_bytes(found: dict) -> bytes:
    """Return some content as its file has it."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def content() -> dict:
    """Return everything that the playground offers."""
    source, checks = read(SOURCE), read(CHECKS)
    works = checks["exercises"]["works"]
    entries = {entry["name"]: entry for entry in source["project"]}
    files = {name: files_of(entry) for name, entry in entries.items()}
    return {
        "projects": {name: project(entry, files) for name, entry in entries.items()},
        "breaks": [broken(entry, entries, files) for entry in source["break"]],
        "exercises": [
            exercise(one, entries, files)
            for one in catalogue.load()
            if one.name in works
        ],
        "checking": {
            path: (ROOT / path).read_text("utf-8")
            for path in checks["checking"]["files"]
        },
    }


def names() -> dict[str, set[str]]:
    """Return the names of what the playground offers, for links to it."""
    source = read(SOURCE)
    return {
        "project": {entry["name"] for entry in source["project"]},
        "break": {entry["name"] for entry in source["break"]},
        "exercise": set(read(CHECKS)["exercises"]["works"]),
    }


def read(path: Path) -> dict:
    """Return what a TOML file says."""
    return tomllib.loads(path.read_text("utf-8"))


def html(text: str) -> str:
    """Return Markdown as HTML."""
    import markdown

    return markdown.markdown(text, extensions=["fenced_code", "tables", "attr_list"])


def inline(text: str) -> str:
    """Return one paragraph of Markdown as HTML, without an element around it."""
    return html(text).removeprefix("<p>").removesuffix("</p>")


# ---- Projects ------------------------------------------------------------------------------


def project(entry: dict, files: dict[str, dict[str, str]]) -> dict:
    """Return one project; with a base, it has only the files that differ."""
    own = files[entry["name"]]
    missing = [path for path in entry["open"] if path not in own]
    if missing:
        raise CourseError(f"{SOURCE.name}: {entry['name']} has no {missing[0]}.")
    base = entry.get("base")
    found = {key: entry[key] for key in ("name", "title", "step", "open", "page")}
    return found | {
        "lesson": lesson_of(entry["step"]),
        "files": changed(files[base], own) if base else own,
        "application": entry["application"],
        "layers": layers_of(entry),
        "migrate": entry.get("migrate", False),
        "servers": entry["servers"],
        "note": html(entry["note"]),
        **{key: entry[key] for key in ("packs", "people", "names") if key in entry},
        **binaries_of(entry),
        **({"base": base} if base else {}),
    }


def lesson_of(step: str) -> str:
    """Return the path of a step's lesson in the site; a long one is a folder."""
    is_folder = (ROOT / "docs" / "en" / "lessons" / step).is_dir()
    return f"lessons/{step}/index.html" if is_folder else f"lessons/{step}.html"


def binaries_of(entry: dict) -> dict[str, dict[str, str]]:
    """Return the files of a project that aren't text, in Base64, if it has any."""
    found = {
        path: base64.b64encode(content).decode()
        for path, content in compare.files_of(find_step(entry["step"])).items()
        if path.endswith(BINARY)
    }
    return {"binary": found} if found else {}


def files_of(entry: dict) -> dict[str, str]:
    """Return the files of a project: path, and text."""
    found = texts(compare.files_of(find_step(entry["step"])))
    for path in entry.get("omit", []):
        del found[path]
    return found | entry.get("add", {})


def layers_of(entry: dict) -> list[str]:
    """Return the channel layers that a project can have, the usual one first."""
    return entry.get("layers", ["project"])


def texts(files: dict[str, bytes]) -> dict[str, str]:
    """Return the files that somebody needs there, as texts."""
    return {
        path: content.decode()
        for path, content in files.items()
        if not path.startswith(LEFT_OUT) and not path.endswith(LEFT_OUT_ENDS + BINARY)
    }


def changed(before: dict[str, str], after: dict[str, str]) -> dict[str, str | None]:
    """Return the files that differ; None for one that is gone."""
    return {
        path: after.get(path)
        for path in sorted(before | after)
        if before.get(path) != after.get(path)
    }


# ---- Breaks --------------------------------------------------------------------------------


def broken(entry: dict, entries: dict[str, dict], files: dict[str, dict]) -> dict:
    """Return one exhibit of the museum, as a change of a project."""
    exhibit = find(entry["name"])
    name = entry["project"]
    more = [Change(**change) for change in entry.get("changes", [])]
    with tempfile.TemporaryDirectory() as folder:
        copy = exhibit.copy(Path(folder))
        for change in more:
            change.make(copy, SOURCE.relative_to(ROOT).as_posix())
        paths = dict.fromkeys(change.file for change in [*exhibit.changes, *more])
        mistakes = {path: (copy / path).read_text("utf-8") for path in paths}
    return {
        "name": exhibit.name,
        "title": inline(exhibit.title),
        "project": name,
        "files": changed({path: files[name].get(path) for path in paths}, mistakes),
        "does": inline(exhibit.does),
        "ask": inline(entry.get("ask", exhibit.ask)),
        "choices": [inline(choice) for choice in exhibit.choices],
        "right": entry.get("right", exhibit.right),
        "try": inline(entry["try"]),
        "says": entry.get("says", exhibit.says),
        "gets": [in_full(outcome) for outcome in exhibit.gets],
        "museum": f"errors.html#{exhibit.name}",
        "servers": entry.get("servers", 1),
        "layer": layers_of(entries[name])[0],
        **({"note": html(entry["note"])} if "note" in entry else {}),
    }


# ---- Exercises -----------------------------------------------------------------------------


def exercise(one: Exercise, entries: dict[str, dict], files: dict[str, dict]) -> dict:
    """Return one exercise: its texts, what the student starts from, its checks."""
    copy = copies.Copy(one)
    start = texts(copy.fresh_files())
    name = one.step if one.step in entries else USUAL
    page = entries[name]["page"] if one.page == LOBBY else f"/{one.page}"
    is_site = "manage.py" in start
    if is_site:
        start |= entries[name].get("add", {})
    return {
        "name": one.name,
        "title": inline(one.title),
        "track": one.track,
        "minutes": one.minutes,
        "difficulty": one.difficulty,
        "kind": one.kind,
        "task": filled(one, one.task),
        "project": name,
        "files": changed(files[name], start),
        "edit": one.files,
        # None: there is nothing to serve.
        "page": page if is_site else None,
        "migrate": any("/migrations/0" in path for path in start),
        "hints": [filled(one, hint) for hint in one.hints],
        "solution": solution(one, copy) if one.solution else None,
        "checks": {"test_checks.py": one.checks.read_text("utf-8")},
    }


def solution(one: Exercise, copy: copies.Copy) -> str:
    """Return the published solution: why it's as it is, and what it changes."""
    before, after = copy.fresh_files(), copy.solved_files()
    lines = [filled(one, one.reason)]
    for path in sorted(before | after):
        if before.get(path) != after.get(path):
            diff = compare.diff_lines(path, before.get(path), after.get(path))[2:]
            code = escape("\n".join(diff), quote=False)
            lines.append(f"<p><code>{path}</code></p>")
            lines.append(f'<pre><code class="language-diff">{code}</code></pre>')
    return "\n".join(lines)


def filled(one: Exercise, text: str) -> str:
    """Return a text of an exercise as HTML, without what only the terminal knows."""
    folder = f"my-work/{one.folder}"
    return html(text.replace("{python}", "python").replace("{folder}", folder))


if __name__ == "__main__":
    for path, found in in_files(content()).items():
        made = as_bytes(found)
        packed = len(gzip.compress(made))
        print(f"{path.name}: {len(made):,} bytes, {packed:,} compressed")
        if sys.argv[1:]:
            (Path(sys.argv[1]) / path.name).write_bytes(made)
