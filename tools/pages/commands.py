"""Commands of the course, written for each system.

The Windows installer from python.org has no `python3`; its launcher is `py`. A page says
`python3 -m course …` once, and the reader sees the command of their own system.
"""

import re
import textwrap
from itertools import takewhile

TAB = re.compile(r"^(\s*)=== ")
COURSE = re.compile(r"^python3(?= -m (?:course|tools)\b)", re.MULTILINE)
# The names that pages use for the tabs; a choice made in one holds in all of them.
SYSTEMS = ("macOS, Linux", "Windows")


def for_each_system(lines: list[str]) -> list[str]:
    """Return a fenced block as one tab for each system, if its commands differ there."""
    text = textwrap.dedent("\n".join(lines))
    if not COURSE.search(text):
        return lines
    indent = "".join(takewhile(str.isspace, lines[0]))
    windows = COURSE.sub("py", text)
    made = [""]
    # "!" begins a new group: two groups in a row are two commands, not four systems.
    for sign, system, block in zip(
        ("===!", "==="), SYSTEMS, (text, windows), strict=True
    ):
        made += [
            f'{sign} "{system}"',
            "",
            *textwrap.indent(block, "    ").split("\n"),
            "",
        ]
    return [indent + line if line else line for line in made]


def part_from(rest: list[str], block: str) -> None:
    """Let tabs that a page writes itself, right below a block, be a group of their own.

    `block` is the first line of the block. If it's indented more than the tab below it,
    it's the content of a tab itself, and the one below belongs to the same group.
    """
    for index, line in enumerate(rest):
        if line.strip():
            found = TAB.match(line)
            if found and not block.startswith(f"{found[1]} "):
                rest[index] = TAB.sub(r"\1===! ", line)
            return
