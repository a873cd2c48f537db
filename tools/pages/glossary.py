"""The glossary's definitions as tooltips, where a page first uses a term.

The glossary page is the only source. Markdown's own extension `abbr` finds the terms in
the text; what it finds again, in a heading, in a link or in a button, is undone.
"""

import re
import xml.etree.ElementTree as ET

from markdown import Markdown
from markdown.extensions.abbr import AbbrExtension
from markdown.treeprocessors import Treeprocessor

from course.steps import ROOT

GLOSSARY = ROOT / "docs" / "en" / "glossary.md"
ENTRY = re.compile(
    r"^\*\*(?P<term>[^*]+)\*\* \{ #(?P<anchor>\S+?)(?P<quiet> data-quiet)? \}\n"
    r":   \*.*?\*\{ lang=pt-BR \}\. (?P<definition>.+)$",
    re.MULTILINE,
)
# The first sentence, with the punctuation that ends it.
SENTENCE = re.compile(r"^.+?[.!?](?=\s|$)")
MARKUP = re.compile(r"\[([^\]]+)\]\([^)]*\)|[`*]")
# Not here: a link and a button have a name of their own, a heading has its anchor, and
# the options of a prediction become buttons.
NOT_IN = {"a", "button", "code", "h1", "h2", "h3", "h4", "summary", "th", "dt"}
NOT_IN_CLASS = {"glossary", "predict", "lesson-head", "verified"}
# The package, and not the plural of the term.
NAMES = {"Channels"}
AFTER_ABBR = 6  # `abbr` has 7, and `toc`, which reads the headings, 5


def terms() -> dict[str, str]:
    """Return what each term means, in one sentence; without the words of every day."""
    found = {}
    for entry in ENTRY.finditer(GLOSSARY.read_text("utf-8")):
        if not entry["quiet"]:
            text = MARKUP.sub(lambda mark: mark[1] or "", entry["definition"])
            found[entry["term"]] = SENTENCE.match(text)[0]
    return found


def spellings() -> dict[str, str]:
    """Return the terms as they occur in a text: as plurals, and beginning a sentence."""
    found = {}
    for term, meaning in terms().items():
        for form in (term, term[0].upper() + term[1:]):
            found[form] = meaning
            found[form + "s"] = meaning
    return {form: meaning for form, meaning in found.items() if form not in NAMES}


def register(md: Markdown) -> None:
    """Let `abbr` know the terms, and tidy what it made of them."""
    AbbrExtension(glossary=spellings()).extendMarkdown(md)
    md.treeprocessors.register(FirstUse(md), "tools.pages.glossary", AFTER_ABBR)


class FirstUse(Treeprocessor):
    """Keeps a term's first tooltip on a page."""

    def run(self, root: ET.Element) -> None:
        """Turn every other `abbr` of the page back into text."""
        self.tidy(root, seen=set(), allowed=True)

    def tidy(self, parent: ET.Element, seen: set[str], *, allowed: bool) -> None:
        """Go through an element in the order of its text."""
        allowed = allowed and parent.tag not in NOT_IN
        allowed = allowed and not NOT_IN_CLASS & set(parent.get("class", "").split())
        for child in list(parent):
            if child.tag != "abbr":
                self.tidy(child, seen, allowed=allowed)
            elif not allowed or child.get("title") in seen:
                unwrap(parent, child)
            else:
                seen.add(child.get("title"))
                # So that a keyboard, and a tap on a phone, open it, too.
                child.set("tabindex", "0")


def unwrap(parent: ET.Element, child: ET.Element) -> None:
    """Put the text of an element in its place."""
    text = (child.text or "") + (child.tail or "")
    index = list(parent).index(child)
    if index:
        before = parent[index - 1]
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(child)
