"""Drawn diagrams, put into the page itself so that they follow its colours."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from course.errors import CourseError
from course.steps import ROOT

DIAGRAMS = ROOT / "docs" / "diagrams"
SVG = "{http://www.w3.org/2000/svg}"


def diagram(name: str) -> list[str]:
    """Return docs/diagrams/NAME.svg, with its title and description for screen readers.

    If there is a NAME.upright.svg, phones show that one. Only one of the two is ever
    displayed, so a screen reader announces one; both have the same title.
    """
    path = DIAGRAMS / f"{name}.svg"
    if not path.is_file():
        raise CourseError(f"there is no {path.relative_to(ROOT)}")
    root = parsed(path)
    if root.find(f"{SVG}title") is None or root.find(f"{SVG}desc") is None:
        raise CourseError(f"{path.relative_to(ROOT)} needs a <title> and a <desc>")
    label = f'role="img" aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
    upright = DIAGRAMS / f"{name}.upright.svg"
    if upright.is_file():
        drawn = inline(path, f"{name}-", f'class="wide" {label}')
        drawn += inline(upright, f"{name}-upright-", f'class="upright" {label}')
    else:
        drawn = inline(path, f"{name}-", f'class="narrow" {label}')
    drawn = drawn.replace("<title>", f'<title id="{name}-title">', 1)
    drawn = drawn.replace("<desc>", f'<desc id="{name}-desc">', 1)
    lines = [line for line in drawn.splitlines() if line.strip()]
    return ["", '<figure class="diagram">', *lines, "</figure>", ""]


def parsed(path: Path) -> ET.Element:
    """Return the root of an SVG file."""
    try:
        return ET.fromstring(path.read_text("utf-8"))
    except ET.ParseError as problem:
        raise CourseError(f"{path.relative_to(ROOT)} is not SVG: {problem}") from None


def inline(path: Path, prefix: str, attributes: str) -> str:
    """Return a drawing with more attributes, and with a prefix on its ids.

    Another drawing of the page may have the same ids.
    """
    parsed(path)
    text = path.read_text("utf-8").replace("<svg ", f"<svg {attributes} ", 1)
    text = re.sub(r"<\?xml.*?\?>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    return re.sub(r"url\(#", f"url(#{prefix}", text)
