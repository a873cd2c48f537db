"""Code, diffs and recorded outputs as fenced blocks."""

import re
from pathlib import Path

from course import compare
from course.errors import CourseError
from course.steps import DATA, ROOT, STEPS, find_step
from tools.pages.names import part

OUTPUTS = DATA / "outputs"
TITLE = "title="

LEXERS = {
    ".conf": "nginx",
    ".css": "css",
    ".html": "html+django",
    ".js": "js",
    ".patch": "diff",
    ".py": "python",
    ".sh": "sh",
    ".toml": "toml",
    ".txt": "text",
    ".yaml": "yaml",
    ".yml": "yaml",
}
# Files whose names have no ending that would say.
NAMELESS = {
    "Caddyfile": "nginx",
    "Dockerfile": "docker",
    "install": "sh",
    "update": "sh",
}


def code(place: str, *words: str) -> list[str]:
    """Return a file of a step or of the repository, or a named part of it.

    `title=PATH` says where a reader has to put it, if that's another file.
    """
    titles = [word.removeprefix(TITLE) for word in words if word.startswith(TITLE)]
    name = " ".join(word for word in words if not word.startswith(TITLE))
    path = find_file(place)
    source = path.read_text("utf-8")
    lines = part(source, path.suffix, name) if name else source.splitlines()
    lexer = LEXERS.get(path.suffix) or NAMELESS.get(path.name, "text")
    return fenced(lexer, lines, *titles or [path.relative_to(ROOT).as_posix()])


def section(place: str, *words: str) -> list[str]:
    """Return the text below a heading of a Markdown file, up to the next heading."""
    heading = " ".join(words)
    parts = re.split(r"^#+ (.+)$", find_file(place).read_text("utf-8"), flags=re.M)
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    if heading not in texts:
        raise CourseError(f'there is no heading "{heading}" in {place}')
    return ["", *texts[heading].strip().splitlines(), ""]


def find_file(place: str) -> Path:
    """Return the file at a path from `steps/`, or from the root of the repository."""
    for folder in (STEPS, ROOT):
        if (folder / place).is_file():
            return folder / place
    raise CourseError(f"there is no file {place}, neither in steps/ nor at the root")


def diff(before: str, after: str, path: str, name: str = "") -> list[str]:
    """Return what a step changes in one file, or in a named part of it."""
    old, new = find_step(before), find_step(after)
    contents = [compare.files_of(step).get(path) for step in (old, new)]
    if contents[0] == contents[1]:
        raise CourseError(f"{path} is the same in both, or in neither")
    if name:
        contents = [part_of(content, Path(path).suffix, name) for content in contents]
    lines = compare.diff_lines(path, *contents)
    # The first two lines name the file, which the title does as well.
    lines = [line for line in lines[2:] if not (name and line.startswith("@@"))]
    return fenced("diff", lines, f"{path}: {old.number} → {new.number}")


def part_of(content: bytes | None, suffix: str, name: str) -> bytes | None:
    """Return the named part of a file; None for none."""
    if content is None:
        return None
    return "\n".join(part(content.decode(), suffix, name)).encode()


def output(name: str) -> list[str]:
    """Return a command and what it printed when it was recorded."""
    path = OUTPUTS / f"{name}.txt"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in OUTPUTS.glob("*.txt")))
        raise CourseError(f'nothing is recorded as "{name}". There are: {known}.')
    return fenced("console", path.read_text("utf-8").splitlines())


def fenced(lexer: str, lines: list[str], title: str = "") -> list[str]:
    """Return lines as a fenced block, with a fence that no line of it can end."""
    runs = [len(run) for line in lines for run in re.findall("`{3,}", line)]
    fence = "`" * (max(runs, default=2) + 1)
    caption = f' title="{title}"' if title else ""
    # A copy would have the prompt and what was printed in it, or the signs of a diff.
    kind = lexer.split()[0]  # after it come classes, such as ".output"
    button = " .no-copy" if kind in {"console", "diff", "text"} else ""
    # What is printed is searched for. Code isn't: its explanation is what helps, and the
    # index, which every reader loads, would be a third larger.
    search = "" if kind in {"console", "text"} else ' data-search-exclude=""'
    head = f"{fence} {{ .{lexer}{button}{caption}{search} }}"
    return ["", head, *lines, fence, ""]


def folded(kind: str, title: str, lines: list[str]) -> list[str]:
    """Return lines in a box that the reader opens; `kind` is its colour and its icon."""
    inside = [f"    {line}" if line else "" for line in lines]
    return [f'??? {kind} "{title}"', "", *inside, ""]
