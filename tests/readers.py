"""Readers of the docs site: a browser that reaches nothing but the pages."""

import contextlib
import functools
import http.server
import json
import threading
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe

from course import docs

SOURCES = docs.ROOT / "docs" / "en"
PAGES = sorted(
    page.relative_to(SOURCES).with_suffix(".html").as_posix()
    for page in SOURCES.rglob("*.md")
)
# What fades in is not to be read for a moment, and axe would look just then.
HOLD_STILL = """
addEventListener("DOMContentLoaded", () => {
  // Not a <style>, which the policy of some pages refuses.
  const style = new CSSStyleSheet();
  style.replaceSync("* { transition: none !important; animation: none !important }");
  document.adoptedStyleSheets.push(style);
});
"""
# All rules but one. It is good practice, not WCAG, and the theme breaks it: copy buttons
# without a name of their own.
AXE = {
    "resultTypes": ["violations"],
    "rules": {"landmark-unique": {"enabled": False}},
}


@contextlib.contextmanager
def served(folder):
    """Serve a folder the simplest way there is; give its address."""
    handler = functools.partial(QuietHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@dataclass
class Visit:
    """One page in a browser that reaches nothing but `home`, and what it tried."""

    page: object
    home: str
    asked: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def outside(self):
        inside = (self.home, "data:", "blob:", "about:")
        return [url for url in self.asked if not url.startswith(inside)]


@contextlib.contextmanager
def visit(browser, home, name, *, scheme="light", width=1280):
    """Open a page of the site and wait until it has nothing more to ask for."""
    window = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with contextlib.closing(browser.new_context(**window)) as context:
        visit = Visit(context.new_page(), home)

        def gate(route):
            visit.asked.append(route.request.url)
            if visit.outside:
                route.abort()
            else:
                route.continue_()

        def listen(message):
            visit.console.append(f"{message.type}: {message.text}")
            if message.type == "error":
                visit.errors.append(message.text)

        context.route("**/*", gate)
        context.add_init_script(HOLD_STILL)
        visit.page.on("console", listen)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.goto(home + name)
        visit.page.wait_for_load_state("networkidle")
        yield visit


def on_disk(site):
    return site.as_uri() + "/"


def search_index(site):
    """Return what the search knows: a list of sections, with location, title and text."""
    script = (site / "search" / "search_index.js").read_text("utf-8")
    return json.loads(script.removeprefix("var __index = "))["docs"]


def lines_that_scroll(page):
    """Return the first lines of the listings that are wider than their box."""
    return page.evaluate(
        """[...document.querySelectorAll("pre code")]
             .filter((code) => code.scrollWidth > code.clientWidth)
             .map((code) => code.textContent.slice(0, 80))"""
    )


def markdown_left(page):
    """Return the texts that show marks of Markdown: a table or a list that became none."""
    return page.evaluate(
        r"""() => {
          const marks = /\|\s*:?-{2,}|^[-*] |\{:|:::|\*\*|\]\(/m;
          const boxes = document.querySelectorAll(".md-content :is(p, li, td, dd, summary)");
          const text = (box) => {
            const copy = box.cloneNode(true);
            for (const code of copy.querySelectorAll("pre, code")) code.remove();
            return copy.textContent.trim();
          };
          return [...boxes].map(text).filter((found) => marks.test(found));
        }"""
    )


# Marks one text of each kind, whose colours are the same on the same ground, and each field
# to type into. A page has thousands of texts, of some fifty kinds.
MARK_ONE_OF_EACH_KIND = """() => {
  document.querySelectorAll("[data-kind]").forEach((one) => delete one.dataset.kind);
  const grounds = new Map([[null, ""]]);
  const groundOf = (one) => {
    if (!grounds.has(one)) {
      const style = getComputedStyle(one);
      const paints = [style.backgroundColor, style.backgroundImage, style.opacity,
        style.filter, style.mixBlendMode].join();
      const floats = style.position === "static" ? "" : `@${style.position}`;
      const own = paints === "rgba(0, 0, 0, 0),none,1,none,normal" ? "" : `/${paints}`;
      grounds.set(one, groundOf(one.parentElement) + own + floats);
    }
    return grounds.get(one);
  };
  const kinds = new Set();
  const mark = (one) => {
    if (!one.checkVisibility()) return;
    const style = getComputedStyle(one);
    const kind = [style.color, style.fontSize, style.fontWeight, style.textShadow,
      style.webkitTextFillColor, groundOf(one)].join();
    if (!kinds.has(kind)) one.dataset.kind = kinds.add(kind).size;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) if (texts.currentNode.data.trim()) mark(texts.currentNode.parentElement);
  for (const field of document.querySelectorAll("input, select, textarea")) field.dataset.kind = "field";
}"""
CONTRAST = "color-contrast"  # the slowest rule by far


def assert_readable(page, *, colours=True, others=True):
    """No accessibility violation, of colours or of all other rules; nothing too wide."""
    if others:
        rules = AXE["rules"] | {CONTRAST: {"enabled": False}}
        results = Axe().run(page, options=AXE | {"rules": rules})
        assert results.violations_count == 0, results.generate_report()
    if colours:
        page.evaluate(MARK_ONE_OF_EACH_KIND)
        only = {"runOnly": {"type": "rule", "values": [CONTRAST]}}
        seen = {"include": [["[data-kind]"]]}
        results = Axe().run(page, context=seen, options=AXE | only)
        assert results.violations_count == 0, results.generate_report()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
