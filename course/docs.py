"""Builds the site of the lessons with MkDocs."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from course import playground, playground_content
from course.errors import CourseError
from course.policy import with_policy

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "mkdocs.yml"

MKDOCS_ENVIRONMENT = {
    "COLUMNS": "0",  # one complaint, one line: no wrapping to a terminal's width
    "NO_MKDOCS_2_WARNING": "1",  # a banner about other software
    "PYTHONUTF8": "1",  # what it writes is read as UTF-8, on Windows too
}


SOURCE_MAP = re.compile(r"\n(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)")
# Parts of highlighted code that have the colour of plain text, or nearly so, or that a
# reader needs no colour for: names, punctuation, white space, `self`, the numbers.
COLOURLESS = re.compile(
    r'<span class="(?:bp|m|mf|mi|n|na|nb|nv|nx|o|p|py|w)">([^<]*)</span>'
)
# Two neighbours of one colour, such as the two halves of a string.
SAME_COLOUR = re.compile(
    r'(<span class="(?P<colour>[a-z]\w{0,2})">[^<]*)</span><span class="(?P=colour)">'
)
# What only MkDocs and its plugins read, and what only a drawing in a file of its own
# needs.
FOR_THE_BUILD = re.compile(
    r' data-search-exclude(?:="")?| xmlns="http://www\.w3\.org/2000/svg"'
)
# Text that keeps its layout, or else a line break with the white space around it.
LAYOUT = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)|\s*\n\s*", re.DOTALL)


def build(
    destination: Path,
    config: Path = CONFIG,
    *,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Write the whole site into `destination`; a broken link or include is an error.

    `environment` adds to the variables that mkdocs.yml reads, such as SITE_URL.
    """
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    command += ["--config-file", str(config.resolve())]
    command += ["--site-dir", str(destination.resolve())]
    # Never with -q: it drops the warnings before --strict can count them.
    finished = subprocess.run(
        command,
        cwd=ROOT,  # pages include files by their path from here
        env=os.environ | MKDOCS_ENVIRONMENT | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if finished.returncode != 0:
        raise CourseError(
            f"The lessons could not be built from {config}. MkDocs says:\n\n"
            f"{complaints(finished.stdout)}\n\n"
            "Fix what it names, then try again."
        )
    slim(destination)
    if (os.environ | dict(environment or {})).get("SITE_URL"):
        add_policy(destination)
    playground.put_into(destination)
    playground_content.write(destination)


def slim(site: Path) -> None:
    """Drop what no browser needs; the pages look and work the same.

    MkDocs can't: the theme's templates indent every line, and the search plugin always
    writes its index a second time. assets/search.js does without that copy.
    """
    (site / "search" / "search_index.json").unlink(missing_ok=True)
    for asset in [*site.glob("assets/**/*.js"), *site.glob("assets/**/*.css")]:
        text = asset.read_text("utf-8")
        if SOURCE_MAP.search(text):
            asset.write_text(SOURCE_MAP.sub("", text), "utf-8")
    for page in site.rglob("*.html"):
        text = COLOURLESS.sub(r"\1", page.read_text("utf-8"))
        text = FOR_THE_BUILD.sub("", SAME_COLOUR.sub(r"\1", text))
        page.write_text(LAYOUT.sub(lambda found: found[1] or "\n", text), "utf-8")


def add_policy(site: Path) -> None:
    """Let each page of a published site say what it may load and run.

    Not those that are read from disk: the theme's search has no worker there, but an
    inline script in a frame, which no hash in the page can allow.
    """
    for page in site.rglob("*.html"):
        page.write_text(with_policy(page.read_text("utf-8")), "utf-8")


def complaints(output: str) -> str:
    """Return the warnings and errors of MkDocs, or else the end of what it wrote."""
    lines = output.rstrip().splitlines()
    found = [line for line in lines if line.startswith(("WARNING", "ERROR"))]
    return "\n".join(found or lines[-20:])
