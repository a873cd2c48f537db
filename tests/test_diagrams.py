"""The drawn diagrams: readable on a phone, and one title for both variants."""

import re

import pytest

from tools.pages import diagrams
from tools.pages.directives import expanded

DRAWINGS = sorted(path.name for path in diagrams.DIAGRAMS.glob("*.svg"))
NAMES = [name for name in DRAWINGS if not name.endswith(".upright.svg")]
PHONE = 328  # pixels: what a page leaves of a screen that is 360 wide
SMALLEST_FONT = 12  # in a drawing
READABLE = 11  # pixels

# Every path and every text of each drawing that is displayed, with the box of the text
# reduced to its letters.
FAULTS = """() => {
  const found = [];
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.getClientRects().length) continue;
    const { width, height } = svg.viewBox.baseVal;
    const texts = [...svg.querySelectorAll("text")].map((text) => {
      const box = text.getBBox();
      return {
        words: text.textContent,
        left: box.x + 1,
        right: box.x + box.width - 1,
        top: box.y + 4,
        bottom: box.y + box.height - 3.5,
      };
    });
    const note = (fault, ...words) =>
      found.push([svg.getAttribute("aria-labelledby"), fault, ...words].join(": "));
    texts.forEach((one, index) => {
      if (one.left < 0 || one.right > width || one.top < 0 || one.bottom > height)
        note("outside", one.words);
      for (const other of texts.slice(index + 1))
        if (
          Math.min(one.right, other.right) > Math.max(one.left, other.left) &&
          Math.min(one.bottom, other.bottom) > Math.max(one.top, other.top)
        )
          note("on each other", one.words, other.words);
    });
    for (const path of svg.querySelectorAll("path:not(.head)")) {
      for (let at = 0; at <= path.getTotalLength(); at += 2) {
        const { x, y } = path.getPointAtLength(at);
        for (const { words, left, right, top, bottom } of texts)
          if (x > left && x < right && y > top && y < bottom) note("struck", words);
      }
    }
  }
  return [...new Set(found)];
}"""


def shown(name):
    """Return what a page contains for a diagram."""
    return "\n".join(expanded([f"::: diagram {name}"]))


@pytest.mark.parametrize("drawing", NAMES)
def test_a_diagram_is_narrow_enough_for_a_phone_or_has_an_upright_variant(drawing):
    name = drawing.removesuffix(".svg")
    upright = diagrams.DIAGRAMS / f"{name}.upright.svg"
    root = diagrams.parsed(
        upright if upright.is_file() else diagrams.DIAGRAMS / drawing
    )
    width = float(root.get("viewBox").split()[2])
    assert SMALLEST_FONT * PHONE / width >= READABLE


def test_an_upright_variant_belongs_to_a_diagram():
    uprights = set(DRAWINGS) - set(NAMES)
    assert {name.replace(".upright", "") for name in uprights} <= set(NAMES)


def test_both_variants_of_a_diagram_have_one_title_and_no_id_twice():
    text = shown("01-asking")
    assert len(re.findall("<svg ", text)) == 2
    assert len(re.findall("<title ", text)) == 1
    assert text.count('aria-labelledby="01-asking-title"') == 2
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    used = re.findall(r"url\(#([^)]+)\)", text)
    assert used
    assert set(used) <= set(ids)


@pytest.mark.parametrize("width", [1280, 360], ids=["desktop", "phone"])
def test_no_text_of_a_diagram_is_struck_covered_or_cut_off(browser, width):
    drawn = "".join(shown(name.removesuffix(".svg")) for name in NAMES)
    style = (diagrams.ROOT / "docs/en/assets/extra.css").read_text("utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_content(
        f"<style>html {{ font: 125% sans-serif }}{style}</style>"
        f'<body class="md-typeset">{drawn}'
    )
    displayed = page.locator("svg:visible")
    assert displayed.count() == len(NAMES)
    assert page.evaluate(FAULTS) == []
    page.close()
