"""The docs site: it builds, it stands alone, and everybody can read it."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from readers import (
    PAGES,
    SOURCES,
    assert_readable,
    lines_that_scroll,
    markdown_left,
    on_disk,
    served,
    visit,
)

from course import docs
from course.errors import CourseError
from course.steps import load_steps
from tools.book import NAVIGATION
from tools.pages.manifest import lesson

CHATS = {
    "chats": [
        {
            "number": "03",
            "title": "Tabs that hear <i>each</i> other",
            "urls": ["http://127.0.0.1:8003/chat/", "http://127.0.0.1:8013/chat/"],
            "note": "",
        },
        {
            "number": "05",
            "title": "What a real chat owes its users",
            "urls": ["http://127.0.0.1:8005/chat/"],
            "note": "log in as ana, password olá",
        },
    ]
}


def test_nothing_is_misspelt():
    texts = ["README.md", "CONTRIBUTING.md", "docs/en", "docs/diagrams"]
    texts += ["notebooks", "recipes"]
    command = [sys.executable, "-m", "codespell_lib", *texts, "--skip", "*.min.js"]
    command += ["--ignore-words-list", "acount"]  # a method of Django's QuerySet
    found = subprocess.run(command, cwd=docs.ROOT, capture_output=True, text=True)
    assert found.stdout == ""


def broken_copy(tmp_path, page, addition):
    """Copy the sources of the site, add something to one page, name the config."""
    config = Path(shutil.copy(docs.CONFIG, tmp_path))
    text = config.read_text("utf-8")
    config.write_text(re.sub("^watch: .*", "", text, flags=re.MULTILINE), "utf-8")
    shutil.copytree(docs.ROOT / "docs/theme", tmp_path / "docs/theme")
    caches = shutil.ignore_patterns("__pycache__")  # other tests may write to these
    copy = shutil.copytree(SOURCES, tmp_path / "docs" / "en", ignore=caches)
    with (copy / page).open("a", encoding="utf-8") as source:
        source.write(addition)
    return config


def test_a_broken_link_stops_the_build_and_names_the_page(tmp_path):
    page = "lessons/03-inmemory-layer.md"
    config = broken_copy(tmp_path, page, "\n[Bia](bia.md)\n")
    with pytest.raises(CourseError) as problem:
        docs.build(tmp_path / "site", config)
    assert page in str(problem.value)
    assert "bia.md" in str(problem.value)


def test_a_broken_anchor_stops_the_build_and_names_the_page(tmp_path):
    config = broken_copy(tmp_path, "index.md", "\n[Bia](lessons/05-final.md#bia)\n")
    with pytest.raises(CourseError, match=r"index\.md.*#bia"):
        docs.build(tmp_path / "site", config)


def test_a_missing_listing_stops_the_build_and_names_the_page(tmp_path):
    config = broken_copy(tmp_path, "index.md", '\n--8<-- "steps/bia.py"\n')
    with pytest.raises(CourseError, match=r"index\.md.*steps/bia\.py"):
        docs.build(tmp_path / "site", config)


def test_pages_include_files_by_their_path_from_the_root(tmp_path):
    config = broken_copy(tmp_path, "index.md", '\n--8<-- "steps/steps.toml"\n')
    docs.build(tmp_path / "site", config)
    assert "01-http-polling" in (tmp_path / "site/index.html").read_text("utf-8")


def test_the_tabs_are_what_a_reader_looks_for_and_no_page_is_listed_twice(site):
    html = (site / "index.html").read_text("utf-8")
    tabs = re.findall(r'class="md-tabs__link">\s*(.+?)\s*</a>', html)
    assert tabs == [
        "Start",
        "Lessons",
        "Concepts",
        "Playground",
        "Reference",
        "Teaching",
    ]
    listed = NAVIGATION.findall(docs.CONFIG.read_text("utf-8"))
    assert sorted(listed) == sorted(set(listed))


@pytest.mark.parametrize("step", load_steps(), ids=lambda step: step.number)
def test_a_lesson_has_the_title_that_the_manifest_says(step):
    page = (SOURCES / lesson(step)).read_text(encoding="utf-8")
    assert re.findall("^# .+", page, re.MULTILINE)[0] == f"# {step.number} {step.title}"
    assert f"::: lesson-head {step.number}" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opened_from_disk_asks_for_nothing_from_outside(browser, site, name):
    with visit(browser, on_disk(site), name) as seen:
        assert seen.outside == []
        assert seen.errors == []


def test_from_disk_a_command_can_still_be_copied(browser, site):
    """The theme's scripts run: with navigation.instant they would not, silently."""
    with visit(browser, on_disk(site), "index.html") as seen:
        copy = seen.page.get_by_role("button", name="Copy to clipboard")
        assert copy.count() > 0


@pytest.mark.parametrize("place", ["http", "disk"])
def test_the_search_finds_a_page_while_somebody_types(browser, site, address, place):
    home = address if place == "http" else on_disk(site)
    with visit(browser, home, "lessons/05-final/index.html") as seen:
        box = seen.page.get_by_role("textbox", name="Search")
        box.press_sequentially("in-memory layer")  # the search listens to keys
        found = ".md-search-result__link[href*='concepts/channel-layers.html']"
        seen.page.locator(found).first.wait_for()
        assert seen.outside == []
        assert seen.errors == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PAGES, "404.html"])
def test_everyone_can_read_a_page_and_it_asks_for_nothing_from_outside(
    browser, address, name
):
    """On a desktop in light and dark, then on a phone; without a network."""
    with visit(browser, address, name) as seen:
        assert lines_that_scroll(seen.page) == []
        assert markdown_left(seen.page) == []
        assert_readable(seen.page)
        goes_dark(seen.page)
        assert_readable(seen.page, others=False)  # nothing else has changed
        seen.page.set_viewport_size({"width": 390, "height": 844})
        seen.page.reload()  # else the menu still moves out of the picture
        seen.page.wait_for_load_state("networkidle")
        assert_readable(seen.page, colours=False)  # the colours are those of a desktop
        assert seen.outside == []
        assert seen.errors == []


def goes_dark(page):
    """Let the reader's system become dark, and wait until the theme has followed."""
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "() => (document.body.dataset.mdColorScheme ?? 'slate') === 'slate'"
    )


def test_a_phone_page_without_names_for_its_pictures_is_seen(browser, address):
    with visit(browser, address, "index.html", width=390) as seen:
        seen.page.evaluate("document.querySelector('article').append(new Image(9, 9))")
        with pytest.raises(AssertionError, match="image-alt"):
            assert_readable(seen.page, colours=False)


def test_a_dark_page_that_is_hard_to_read_is_seen(browser, address):
    """The page changes its colours with the reader's, and the check looks again."""
    with visit(browser, address, "glossary.html") as seen:
        seen.page.add_style_tag(
            content="[data-md-color-scheme=slate] p { color: #333 !important }"
        )
        assert_readable(seen.page, others=False)
        goes_dark(seen.page)
        with pytest.raises(AssertionError, match="color-contrast"):
            assert_readable(seen.page, others=False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_the_landing_page_shows_the_chats_that_run(
    browser, site, tmp_path, scheme, width
):
    running = shutil.copytree(site, tmp_path / "site")
    (running / "chats.json").write_text(json.dumps(CHATS), encoding="utf-8")
    with (
        served(running) as home,
        visit(browser, home, "index.html", scheme=scheme, width=width) as seen,
    ):
        table = seen.page.locator("#live-chats table")
        table.wait_for()
        cells = [row.locator("td") for row in table.locator("tbody tr").all()]
        assert [row.all_inner_texts() for row in cells] == [
            [
                "03 Tabs that hear <i>each</i> other",
                "127.0.0.1:8003 127.0.0.1:8013",
                "",
            ],
            [
                "05 What a real chat owes its users",
                "127.0.0.1:8005",
                "log in as ana, password olá",
            ],
        ]
        links = table.get_by_role("link")
        addresses = [link.get_attribute("href") for link in links.all()]
        assert addresses == [url for chat in CHATS["chats"] for url in chat["urls"]]
        assert not seen.page.locator("#no-live-chats").is_visible()
        assert_readable(seen.page)
        assert seen.errors == []


def test_without_a_list_of_chats_the_landing_page_says_how_to_get_them(
    browser, address
):
    with visit(browser, address, "index.html") as seen:
        assert address + "chats.json" in seen.asked
        assert_only_the_static_text(seen.page)


def test_from_disk_no_chat_is_looked_for(browser, site):
    with visit(browser, on_disk(site), "index.html") as seen:
        assert not [url for url in seen.asked if url.endswith("chats.json")]
        assert_only_the_static_text(seen.page)


def test_on_a_published_site_no_chat_is_looked_for(browser, site):
    """The browser believes that it is on the web; the files come from disk."""
    asked = []

    def publish(route):
        path = route.request.url.removeprefix("http://lessons.example/")
        asked.append(path.partition("?")[0])
        route.fulfill(path=site / asked[-1])

    with contextlib.closing(browser.new_context()) as context:
        context.route("**/*", publish)
        page = context.new_page()
        page.goto("http://lessons.example/index.html")
        page.wait_for_load_state("networkidle")
        assert "assets/live.js" in asked
        assert "chats.json" not in asked
        assert_only_the_static_text(page)


def test_in_a_codespace_the_landing_page_links_to_the_forwarded_chats(browser, site):
    home = "https://quiet-robot-8000.app.github.dev/"

    def forward(route):
        path = route.request.url.removeprefix(home).partition("?")[0]
        if path == "chats.json":
            route.fulfill(json=CHATS)
        else:
            route.fulfill(path=site / path)

    with contextlib.closing(browser.new_context()) as context:
        context.route("**/*", forward)
        page = context.new_page()
        page.goto(f"{home}index.html")
        table = page.locator("#live-chats table")
        table.wait_for()
        links = table.get_by_role("link").all()
        assert [link.get_attribute("href") for link in links] == [
            "https://quiet-robot-8003.app.github.dev/chat/",
            "https://quiet-robot-8013.app.github.dev/chat/",
            "https://quiet-robot-8005.app.github.dev/chat/",
        ]


def assert_only_the_static_text(page):
    assert not page.locator("#live-chats").is_visible()
    text = page.locator("#no-live-chats").inner_text()
    assert "python3 -m course run" in text
