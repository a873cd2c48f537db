"""Errors and close codes, out of docs/data: exhibits of the museum, tables."""

import re
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from course import compare
from course.breaks.exhibits import Exhibit, blocks_of, find, in_full, load
from course.errors import CourseError
from course.playground_content import names
from course.steps import DATA, STEPS
from tools.pages import commands
from tools.pages.listings import fenced, folded
from tools.pages.manifest import line

BREAK = "<br>"
LONGEST = 24  # lines of a diff that a page shows unfolded
CLOSING = DATA / "closing.toml"
PROTOCOL = STEPS / "05-final" / "chat" / "protocol.py"
CONNECTION = STEPS / "05-final" / "chat" / "static" / "chat" / "connection.js"


def museum(section: str) -> list[str]:
    """Return the exhibits of one section of the museum, each below its heading."""
    exhibits = [exhibit for exhibit in load() if exhibit.section == section]
    if not exhibits:
        raise CourseError(f'the museum has no section "{section}"')
    lines = []
    for exhibit in exhibits:
        heading = f"### {exhibit.title} {{ #{exhibit.name} }}"
        # Before the page says what happens, so that a reader can try it first.
        lines += ["", heading, *messages_of(exhibit), *in_the_browser(exhibit)]
        lines += explained(exhibit)
    return lines


def error(name: str) -> list[str]:
    """Return one exhibit without a heading, for other pages."""
    return described(find(name))


def described(exhibit: Exhibit) -> list[str]:
    """Return the messages of an exhibit, its cause, its fix and its command."""
    return [*messages_of(exhibit), *explained(exhibit)]


def messages_of(exhibit: Exhibit) -> list[str]:
    """Return what a reader who has met an exhibit recognizes it by."""
    lines = fenced("text", exhibit.says) if exhibit.says else ["", "*No message.*", ""]
    if exhibit.also:
        lines += ["Also seen as:", *fenced("text", exhibit.also)]
    if exhibit.words:
        lines += [f"*Search words: {exhibit.words}.*", "{: .words }", ""]
    return lines


def explained(exhibit: Exhibit) -> list[str]:
    """Return what an exhibit does, its cause, its fix and its command."""
    lines = []
    if exhibit.gets:
        outcomes = BREAK.join(map(in_full, exhibit.gets))
        lines += [f"**What people see:** {outcomes}", ""]
    lines += [f"**Cause.** {exhibit.why}", ""]
    for language, text in blocks_of(f"**Fix.** {exhibit.fix}"):
        lines += written(language, text)
    for path, diff in fixes(exhibit):
        if len(diff) > LONGEST:
            lines += folded("example", path, fenced("diff", diff))
        else:
            lines += fenced("diff", diff, path)
    seen = f"not here: {exhibit.absent}" if exhibit.absent else f"`{exhibit.command}`"
    return [*lines, f"**See it:** {seen}", ""]


def in_the_browser(exhibit: Exhibit) -> list[str]:
    """Return the link with which a reader of the museum sees it without installing it."""
    if exhibit.name not in names()["break"]:
        return []
    return [f"[Break it in your browser](playground/index.md?break={exhibit.name})", ""]


def written(language: str, text: str) -> list[str]:
    """Return a paragraph of a fix, or a block of code."""
    if not language:
        return [text, ""]
    return commands.for_each_system(fenced(language, text.splitlines()))


def fixes(exhibit: Exhibit) -> Iterator[tuple[str, list[str]]]:
    """Yield what to change in each file, from the mistake back to the step's own code."""
    if not exhibit.changes or not exhibit.undo:
        return
    with tempfile.TemporaryDirectory() as folder:
        broken = exhibit.copy(Path(folder))
        for path in dict.fromkeys(change.file for change in exhibit.changes):
            right = exhibit.broken.path / path
            # A file that only the mistake needs: there is nothing to change it to.
            if right.is_file():
                texts = ((broken / path).read_bytes(), right.read_bytes())
                # Without the names of the file and the numbers of the first lines.
                yield path, compare.diff_lines(path, *texts)[3:]


def closing(name: str) -> list[str]:
    """Return a table of the decoder: `codes`, `handshakes` or `ours`."""
    rows = tomllib.loads(CLOSING.read_text("utf-8"))
    if name not in TABLES:
        raise CourseError(f'the decoder has no table "{name}"')
    heads, cells = TABLES[name]
    table = [heads, ["---"] * len(heads), *(cells(row) for row in rows[name])]
    return ["", *map(line, table), ""]


def cells_of_code(row: dict) -> list[str]:
    """Return one row of the table of close codes."""
    code = f"**{row['code']}**"
    if "clean" in row:
        code += f"{BREAK}`wasClean` {str(row['clean']).lower()}"
    return [code, cause_of(row), row["do"]]


def cells_of_handshake(row: dict) -> list[str]:
    """Return one row of the table of handshakes."""
    return [f"**{row['answer']}**", cause_of(row), row["do"]]


def cause_of(row: dict) -> str:
    """Return what happened, and what the terminal shows."""
    shows = f"`{row['says']}`" if row["says"] else "nothing"
    return f"{row['cause']}{BREAK}*The terminal shows {shows}*"


def cells_of_ours(row: dict) -> list[str]:
    """Return one row of the table of step 05's own codes."""
    name = re.search(rf"(\w+) = {row['code']}\b", PROTOCOL.read_text("utf-8"))[1]
    final = re.search(r"FINAL = new Set\(\[(.*)\]\)", CONNECTION.read_text("utf-8"))[1]
    page = "doesn't reconnect" if row["code"] in final else "reconnects automatically"
    return [
        f"**{row['code']}**{BREAK}`{name}`",
        row["cause"],
        f"The page {page}. {row['do']}".strip(),
    ]


TABLES = {
    "codes": (["`code`", "What happened", "What to do"], cells_of_code),
    "handshakes": (
        ["Server's response", "What happened", "What to do"],
        cells_of_handshake,
    ),
    "ours": (["`code`", "What happened", "What to do"], cells_of_ours),
}
