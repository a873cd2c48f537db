"""Drawn diagrams, put into the page itself so that they follow its colours."""

import re
import xml.etree.ElementTree as ET

from course.errors import CourseError
from course.steps import ROOT

DIAGRAMS = ROOT / "docs" / "diagrams"
SVG = "http://www.w3.org/2000/svg"


def diagram(name: str) -> list[str]:
    """Return docs/diagrams/NAME.svg with its title and description for who cannot see.

    Its ids get the name in front: another diagram of the page may have the same.
    """
    path = DIAGRAMS / f"{name}.svg"
    if not path.is_file():
        raise CourseError(f"there is no {path.relative_to(ROOT)}")
    text = path.read_text("utf-8")
    try:
        root = ET.fromstring(text)
    except ET.ParseError as problem:
        raise CourseError(f"{path.relative_to(ROOT)} is no SVG: {problem}") from None
    if root.find(f"{{{SVG}}}title") is None or root.find(f"{{{SVG}}}desc") is None:
        raise CourseError(f"{path.relative_to(ROOT)} needs a <title> and a <desc>")
    text = re.sub(r"<\?xml.*?\?>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    labels = f'role="img" aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
    text = text.replace("<svg ", f"<svg {labels} ", 1)
    text = text.replace("<title>", f'<title id="{name}-title">', 1)
    text = text.replace("<desc>", f'<desc id="{name}-desc">', 1)
    lines = [line for line in text.splitlines() if line.strip()]
    return ["", '<figure class="diagram">', *lines, "</figure>", ""]
