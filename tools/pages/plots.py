"""The plots of the notebooks, put into the page itself in its own colours.

Matplotlib writes colours and fonts into a `style` attribute of each element. Here they
become classes, which extra.css gives the colours of the page, light or dark.
"""

import re
import xml.etree.ElementTree as ET
from html import escape

from course.errors import CourseError

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"

# Those of course/notebook/plots.py; this module doesn't need matplotlib.
CLASSES = {
    "#000000": "ink",
    "#dddddd": "grid",
    "#ffffff": "paper",
    "#3f51b5": "c1",
    "#c2410c": "c2",
    "#047857": "c3",
    "#7c3aed": "c4",
}
KEPT = {
    "d",
    "height",
    "id",
    "transform",
    "width",
    "x",
    "y",
}
AS_ATTRIBUTES = {
    "font-weight",
    "opacity",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-width",
    "text-anchor",
}
NUMBER = re.compile(r"-?\d+\.\d+")
FONT = re.compile(r"(?:(bold|\d00) )?([\d.]+)px")


def inline(svg: str, text: str, prefix: str) -> str:
    """Return a plot as an SVG element of the page, labelled with `text`.

    Its ids get the prefix: another plot of the page may have the same.
    """
    root = ET.fromstring(svg)
    body = "".join(markup(child, prefix) for child in root)
    return (
        f'<svg class="plot" viewBox="{root.get("viewBox")}" role="img"'
        f' aria-label="{escape(text, quote=True)}">{body}</svg>'
    )


def markup(element: ET.Element, prefix: str) -> str:
    """Return one element and what it contains; nothing for what can't be seen."""
    tag = element.tag.removeprefix(SVG)
    if tag in ("metadata", "style"):
        return ""
    attributes = kept(element, prefix)
    if is_background(attributes):
        return ""
    inside = "".join(markup(child, prefix) for child in element)
    if tag in ("text", "tspan") and element.text:
        inside = escape(element.text.strip("\n")) + inside
    if tag == "g":
        attributes.pop("id", None)
        if not inside or not attributes:
            return inside
    if tag == "defs" and not inside:
        return ""
    written = "".join(
        f' {name}="{escape(value, quote=True)}"' for name, value in attributes.items()
    )
    return f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written}/>"


def is_background(attributes: dict[str, str]) -> bool:
    """Return whether this is the white area of the figure or of its axes."""
    return attributes.get("class") == "fill-paper" and attributes["d"].count("L") == 3


def kept(element: ET.Element, prefix: str) -> dict[str, str]:
    """Return the attributes of an element, with its style as classes."""
    attributes = {
        name: NUMBER.sub(shorter, " ".join(value.split()))
        for name, value in element.attrib.items()
        if name in KEPT
    }
    if "id" in attributes:
        attributes["id"] = prefix + attributes["id"]
    if target := element.get(LINK):
        attributes["href"] = target.replace("#", f"#{prefix}")
    if clip := element.get("clip-path"):
        attributes["clip-path"] = clip.replace("#", f"#{prefix}")
    classes = []
    for declaration in filter(None, element.get("style", "").split(";")):
        name, value = (word.strip() for word in declaration.split(":", 1))
        if name in ("fill", "stroke") and value == "none":
            attributes[name] = value
        elif name in ("fill", "stroke"):
            if value not in CLASSES:
                raise CourseError(f"a plot uses {value}: give it a class in plots.py")
            classes.append(f"{name}-{CLASSES[value]}")
        elif name == "font":
            weight, size = FONT.search(value).groups()
            attributes["font-size"] = size
            if weight:
                attributes["font-weight"] = weight
        elif name == "font-size":
            attributes[name] = value.removesuffix("px")
        elif name in AS_ATTRIBUTES:
            attributes[name] = value
    if classes:
        attributes["class"] = " ".join(classes)
    return attributes


def shorter(number: re.Match) -> str:
    """Return a number with one digit after the point."""
    return f"{float(number[0]):.1f}".removesuffix(".0")
