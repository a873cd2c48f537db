"""What `course doctor FOLDER` finds, out of the doctor's own sentences."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from course.errors import CourseError
from course.steps import ROOT

SENTENCES = ROOT / "doctor" / "channels_doctor" / "sentences"
PAGES = ROOT / "docs" / "en"
STAGES = ("start", "page", "messages", "production")

CODE = re.compile(r"(`[^`]*`)")
# What Markdown would take for something else: `__call__`, <script>, [0], {{ text }}.
SIGNS = {"<": "&lt;", "*": r"\*", "_": r"\_", "[": r"\[", "{": "&#123;", "}": "&#125;"}


def findings(stage: str) -> list[str]:
    """Return a list of what the doctor finds at one stage: wrong first, each by its name."""
    if stage not in STAGES:
        raise CourseError(f'there is no "{stage}". There are: {", ".join(STAGES)}.')
    entries = sorted(
        (level_of(table) == "risk", name, table)
        for name, table in read_sentences()
        if table["stage"] == stage
    )
    lines = [""]
    for is_risk, name, table in entries:
        mark = " (a risk)" if is_risk else ""
        lines.append(f"- `{name}`{mark}: {sentence(table['what'])}{link(table)}")
    return [*lines, ""]


def read_sentences() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name of each finding, and its sentences."""
    for path in sorted(SENTENCES.glob("*.toml")):
        yield from tomllib.loads(path.read_text("utf-8")).items()


def level_of(table: dict[str, str]) -> str:
    """Return whether it's wrong or a risk, as the doctor takes it."""
    usual = "wrong" if table["stage"] in ("start", "page") else "risk"
    return table.get("level") or usual


def sentence(text: str) -> str:
    """Return a sentence with "…" for each word that a project gives, safe in Markdown."""
    text = re.sub(r"\$(\$)|\$\w+|\$\{\w+\}", lambda found: found[1] or "…", text)
    parts = CODE.split(" ".join(text.split()))
    for index in range(0, len(parts), 2):  # between the pieces of code
        parts[index] = "".join(SIGNS.get(letter, letter) for letter in parts[index])
    return "".join(parts)


def link(table: dict[str, str]) -> str:
    """Return a link to the page that explains it, as a page of `reference/` writes it."""
    if not table.get("page"):
        return ""
    page, _, anchor = table["page"].partition("#")
    return f" [More](../{source_of(page.rstrip('/'))}{'#' * bool(anchor)}{anchor})"


def source_of(page: str) -> Path | str:
    """Return "concepts/channels.md" for "concepts/channels", or its index.md."""
    if (PAGES / page / "index.md").is_file():
        return f"{page}/index.md"
    return f"{page}.md"
