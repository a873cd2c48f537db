"""The recording on the landing page plays, and a reader can pause it."""

import contextlib
import shutil

import pytest

from course.steps import ROOT

ASSETS = ROOT / "docs" / "en" / "assets"
SECONDS = 12
PAGE = f"""<!doctype html>
<html lang="en"><title>A page</title>
<figure data-play="Play" data-pause="Pause" data-seconds="{SECONDS}">
<picture>
<source media="(max-width: 30em)" srcset="still-phone.webp" data-film="film-phone.webp">
<img src="still.webp" data-film="film.webp" alt="" width="64" height="50">
</picture>
</figure>
<script src="loop.js"></script>
</html>"""
PARTS = """() => [
  document.querySelector("img").getAttribute("src"),
  document.querySelector("source").getAttribute("srcset"),
]"""
STILLS = ["still.webp", "still-phone.webp"]
FILMS = ["film.webp", "film-phone.webp"]


@pytest.fixture
def opened(browser, tmp_path):
    """Open the page from disk, for a reader who likes motion or one who doesn't."""
    shutil.copy(ASSETS / "loop.js", tmp_path)
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    with contextlib.ExitStack() as stack:

        def opened(reduced_motion):
            context = browser.new_context(reduced_motion=reduced_motion)
            stack.callback(context.close)
            context.clock.install()
            page = context.new_page()
            page.goto((tmp_path / "index.html").as_uri())
            return page

        yield opened


def test_it_plays_once_it_is_seen_and_the_button_pauses_it(opened):
    page = opened("no-preference")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate(PARTS) == STILLS
    page.get_by_role("button", name="Play").click()
    assert page.evaluate(PARTS) == FILMS


def test_it_stops_after_three_rounds(opened):
    page = opened("no-preference")
    page.get_by_role("button", name="Pause").wait_for()
    page.clock.run_for(SECONDS * 2 * 1000)
    assert page.evaluate(PARTS) == FILMS
    page.clock.run_for(SECONDS * 1000)
    assert page.evaluate(PARTS) == STILLS


def test_it_waits_for_a_reader_who_prefers_less_motion(opened):
    page = opened("reduce")
    page.clock.run_for(1000)
    assert page.evaluate(PARTS) == STILLS
    page.get_by_role("button", name="Play").click()
    assert page.evaluate(PARTS) == FILMS
