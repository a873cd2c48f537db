"""What every page gets: a box around its shortest answer, and pictures to enlarge."""

import xml.etree.ElementTree as ET

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

HURRY = "In a hurry?"
AFTER_ATTRIBUTES = 4  # `attr_list` has 8: a picture then has its classes


def register(md: Markdown) -> None:
    """Register what finishes the elements of a page."""
    md.treeprocessors.register(Finish(md), "tools.pages.finish", AFTER_ATTRIBUTES)


class Finish(Treeprocessor):
    """Finishes the elements of a page."""

    def run(self, root: ET.Element) -> None:
        """Go through all elements of a page."""
        for paragraph in root.iter("p"):
            if len(paragraph) and (paragraph[0].text or "").startswith(HURRY):
                paragraph.set("class", "hurry")
            enlarge(paragraph)
        for box in root.iter("details"):
            if "example" in box.get("class", "").split():
                # Whole files and diffs: found before the pages that explain them, and
                # a third of the index that every reader loads.
                box.set("data-search-exclude", "")


def enlarge(paragraph: ET.Element) -> None:
    """Make each screenshot a link to itself: a phone then shows it as large as it is."""
    for index, picture in enumerate(list(paragraph)):
        source = picture.get("src", "")
        if picture.tag != "img" or "screenshots/" not in source:
            continue
        link = ET.Element("a", {"class": "enlarge", "href": source})
        link.tail, picture.tail = picture.tail, None
        link.append(picture)
        paragraph[index] = link
