"""`tools book`: the whole course as one PDF, to print or to read on the train.

All pages of the site in the order of its navigation, printed by Chromium from one page.
Links between pages lead to places in the same file. Answers and hints are open; long
files and diffs are left out, because they would be two thirds of it.
"""

import re
import tempfile
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from playwright.sync_api import sync_playwright

from course import chromium, docs
from course.errors import CourseError

# The lines of `nav` in mkdocs.yml that name a page.
NAVIGATION = re.compile(r"^ +- (?:.+: )?(\S+\.md)$", re.MULTILINE)
ARTICLE = re.compile(r"<article[^>]*>(.*)</article>", re.DOTALL)
# Links to a heading's own place, and forms: of no use on paper.
BUTTONS = re.compile(r'<a class="headerlink".*?</a>|<button.*?</button>', re.DOTALL)
PLACE = re.compile(r'\b(id|href|src|srcset|for|name)="([^"]*)"')
INSIDE = "https://course.invalid/"  # so that urljoin can resolve what is relative
STYLE = """
details.example { display: none !important; }
article { break-before: page; max-width: none; }
.md-typeset :is(pre, figure, .predict, .exercise) { break-inside: avoid-page; }
.md-typeset pre > code { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def write(target: Path) -> None:
    """Write the PDF; raise CourseError if there is no Chromium, or a page is broken."""
    program = chromium.find()
    if program is None:
        raise CourseError(f"A PDF needs a browser that prints it. {chromium.ADVICE}")
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        docs.build(site)
        book = site / "book.html"
        book.write_text(pages_in_one(site), encoding="utf-8")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=chromium.FLAGS
            )
            page = browser.new_page(color_scheme="light")
            page.goto(book.as_uri())
            page.pdf(
                path=target,
                format="A4",
                margin=dict.fromkeys(("top", "right", "bottom", "left"), "18mm"),
                outline=True,
                tagged=True,
                print_background=True,
            )
            browser.close()


def pages_in_one(site: Path) -> str:
    """Return one HTML page with the articles of all pages, in their order."""
    names = [
        name.replace(".md", ".html")
        for name in NAVIGATION.findall(docs.CONFIG.read_text("utf-8"))
    ]
    head = re.search(
        r"<head>.*?</head>", (site / "index.html").read_text("utf-8"), re.S
    )
    articles = "".join(article(site, name, names) for name in names)
    return (
        f'<!doctype html><html lang="en">{head[0]}<style>{STYLE}</style>'
        f'<body data-md-color-scheme="default" data-md-color-primary="indigo"'
        f' data-md-color-accent="indigo">{articles}</body></html>'
    )


def article(site: Path, name: str, names: list[str]) -> str:
    """Return the article of one page, with ids and links of its own."""
    html = (site / name).read_text("utf-8")
    text = ARTICLE.search(html)[1]
    text = BUTTONS.sub("", text).replace("<details", "<details open")
    text = PLACE.sub(lambda found: placed(found, name, names), text)
    return f'<article class="md-typeset" id="{anchor(name)}">{text}</article>'


def placed(found: re.Match, name: str, names: list[str]) -> str:
    """Return an attribute that names a place, for the page that holds all others."""
    attribute, value = found.groups()
    if attribute in {"id", "for", "name"}:
        return f'{attribute}="{anchor(name, value)}"'
    target, fragment = urldefrag(urljoin(INSIDE + name, value))
    inside = target.removeprefix(INSIDE)
    if inside in names:
        return f'{attribute}="#{anchor(inside, fragment)}"'
    if target.startswith(INSIDE):
        # A picture: beside the one page, and with the word that hides a scheme's.
        return f'{attribute}="{inside}{"#" + fragment if fragment else ""}"'
    return found[0]


def anchor(name: str, fragment: str = "") -> str:
    """Return the id of a page, or of a place in it."""
    page = name.removesuffix(".html").replace("/", "-")
    return f"{page}--{fragment}" if fragment else page
