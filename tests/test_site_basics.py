"""The site as a search engine, a phone and a fork see it: names, links, weight."""

import contextlib
import gzip
import html
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from PIL import Image
from readers import PAGES, SOURCES, assert_readable, on_disk, visit

from course import docs, playground, playground_content
from tools.lighthouse import run, server
from tools.record.pictures import DENSITY

HOME = "https://ana.example/chat/"
REPOSITORY = "https://github.com/ana/chat"
PUBLISHED = {
    "SITE_URL": HOME,
    "REPO_URL": REPOSITORY,
    "EDIT_URI": "edit/main/docs/en/",
}
# One of each kind: the landing page, a lesson, the museum, a notebook.
KINDS = [
    "index.html",
    "lessons/03-inmemory-layer.html",
    "errors.html",
    "notebooks/5-which-transport-when.html",
]
# Bytes; 2 MB as a zip. Exercises and quizzes are 0.8 of them, the playground and labs 0.4.
LARGEST_SITE = 6_700_000


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The site as a fork publishes it, with the URLs of the fork."""
    folder = tmp_path_factory.mktemp("published")
    docs.build(folder, environment=PUBLISHED)
    return folder


@pytest.fixture(params=["http", "disk"])
def home(request, site, address):
    """Where a reader opens the site: on a server, or from disk."""
    return address if request.param == "http" else on_disk(site)


def text_of(folder, page):
    """Return the HTML of a page."""
    return (folder / page).read_text("utf-8")


def hrefs(text, pattern):
    """Return where the links lead whose tag matches a pattern."""
    tags = re.findall("<(?:a|link) [^>]+>", text)
    found = [tag for tag in tags if re.search(pattern, tag)]
    return [html.unescape(re.search('href="([^"]*)"', tag)[1]) for tag in found]


# What a search engine reads.


def test_every_page_describes_itself_in_a_sentence_of_its_own(site):
    meta = '<meta name="description" content="([^"]*)">'
    found = {
        page: html.unescape(re.search(meta, text_of(site, page))[1])
        for page in [*PAGES, "404.html"]  # which has the description of the site
    }
    wrong = {
        page: sentence
        for page, sentence in found.items()
        if not 50 <= len(sentence) <= 155
        or not sentence.endswith(".")
        or list(found.values()).count(sentence) > 1
    }
    assert wrong == {}


def test_the_sitemap_lists_every_page_by_its_full_url_and_date(published):
    sitemap = (published / "sitemap.xml").read_text("utf-8")
    entry = r"<url>\s*<loc>(.+)</loc>\s*<lastmod>\d{4}-\d\d-\d\d</lastmod>\s*</url>"
    assert sorted(re.findall(entry, sitemap)) == sorted(HOME + page for page in PAGES)


def test_every_page_says_where_its_original_is(published):
    for page in PAGES:
        assert hrefs(text_of(published, page), 'rel="canonical"') == [HOME + page]


# Links to the repository.


def test_a_published_page_links_to_its_source_in_the_fork(published):
    edit = f"{REPOSITORY}/edit/main/docs/en/"
    for page in PAGES:
        text = text_of(published, page)
        (link,) = hrefs(text, 'rel="edit"')
        assert (SOURCES / link.removeprefix(edit)).is_file(), link
        assert hrefs(text, "View source") == [link.replace("/edit/", "/raw/")]
        assert set(hrefs(text, "md-source")) == {REPOSITORY}


def test_a_site_that_knows_no_repository_has_no_link_to_one(site):
    for page in PAGES:
        assert hrefs(text_of(site, page), 'rel="edit"|View source|md-source') == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_published_page_asks_nobody_about_its_repository(browser, published, scheme):
    """The theme would ask GitHub for the stars of the repository."""
    with (
        server.serving(published) as address,
        visit(browser, address, "index.html", scheme=scheme) as seen,
    ):
        assert seen.page.locator(".md-header .md-source").is_visible()
        assert_readable(seen.page)
        assert seen.outside == []
        assert seen.console == []


# Weight and time.


def test_the_site_is_small_and_has_no_file_that_no_browser_needs(site):
    vendor = site / playground.IN_SITE
    files = [
        path
        for path in site.rglob("*")
        if path.is_file() and not path.is_relative_to(vendor)
    ]
    # These have limits of their own: they are loaded on a click.
    content = site / playground_content.IN_SITE
    later = set(content.parent.glob(f"{content.stem}*.json"))
    counted = [path for path in files if path not in later]
    assert sum(path.stat().st_size for path in counted) < LARGEST_SITE
    names = {path.relative_to(site).as_posix() for path in files}
    assert not {name for name in names if re.search(r"\.(map|pyc)$|/lunr/", name)}
    assert {name for name in names if "search_index" in name} == {
        "search/search_index.js"
    }


def test_no_script_or_stylesheet_names_a_source_map_that_is_not_there(site):
    assets = [*site.rglob("*.js"), *site.rglob("*.css")]
    assert len(assets) > 5
    for path in assets:
        assert "sourceMappingURL" not in path.read_text("utf-8"), path


def test_slimming_keeps_the_layout_of_code_and_every_word(tmp_path):
    (tmp_path / "search").mkdir()
    page = tmp_path / "page.html"
    code = '<pre><code><span class="k">if</span> {}:\n\n        {}</code></pre>'
    before = code.format(
        '<span class="n">a</span><span class="p">.</span>', '<span class="s">"b"</span>'
    )
    page.write_text(f"<p>\n\n    Ana   <b>and</b>\n    Bia\n</p>\n{before}\n", "utf-8")
    docs.slim(tmp_path)
    after = code.format("a.", '<span class="s">"b"</span>')
    assert page.read_text("utf-8") == f"<p>\nAna   <b>and</b>\nBia\n</p>\n{after}\n"


# The successor of MkDocs's theme reads the same mkdocs.yml.


def test_zensical_builds_the_same_pages(site, tmp_path):
    shutil.copy(docs.CONFIG, tmp_path)
    for folder in ("docs/en", "docs/theme"):
        shutil.copytree(docs.ROOT / folder, tmp_path / folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    finished = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(docs.ROOT)},
        capture_output=True,
        encoding="utf-8",
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    built = tmp_path / "site"
    assert pages_in(built) == pages_in(site)
    for page in pages_in(built):
        assert unprocessed(text_of(built, page)) == [], page


def pages_in(folder):
    """Return the paths of all pages in a built site."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}


def unprocessed(text):
    """Return directives of ours, or of templates, that a builder has left alone."""
    text = re.sub(r"(?s)<(pre|code|script)\b.*?</\1>", "", text)  # they may show some
    return re.findall(r".*(?::::|\{\{|\{%).*", text)


# What a phone loads.


def test_the_search_index_is_loaded_when_the_search_opens_and_not_before(browser, home):
    with visit(browser, home, "lessons/03-inmemory-layer.html") as seen:
        assert indexes(seen) == []
        box = seen.page.get_by_role("textbox", name="Search")
        box.press_sequentially("channel layer")  # the search listens to keys
        seen.page.locator(".md-search-result__link").first.wait_for()
        assert indexes(seen) == [seen.home + "search/search_index.js"]
        assert seen.console == []


def test_a_key_opens_the_search_too(browser, home):
    with visit(browser, home, "index.html") as seen:
        seen.page.keyboard.press("s")
        seen.page.keyboard.type("channel layer")
        seen.page.locator(".md-search-result__link").first.wait_for()
        assert indexes(seen) == [seen.home + "search/search_index.js"]


def test_a_page_that_a_search_has_found_marks_the_words(browser, home):
    with visit(browser, home, "lessons/03-inmemory-layer.html?h=consumer") as seen:
        seen.page.locator("article mark", has_text="consumer").first.wait_for()
        assert indexes(seen) == [seen.home + "search/search_index.js"]
        assert seen.console == []


def indexes(seen):
    """Return the search indexes that a page has asked for."""
    return [url for url in seen.asked if "search_index" in url]


@pytest.mark.parametrize("name", KINDS)
def test_a_page_writes_nothing_to_the_console(browser, home, name):
    with visit(browser, home, name) as seen:
        assert seen.console == []
        assert seen.errors == []


def test_the_page_for_dead_links_writes_nothing_to_the_console(browser, address):
    with visit(browser, address, "404.html") as seen:
        assert seen.console == []


def test_every_picture_has_the_size_that_its_page_gives_it(site):
    """Else the text jumps when a picture arrives."""
    count = 0
    for page in PAGES:
        for tag in re.findall("<img[^>]+>", text_of(site, page)):
            count += 1
            there = dict(re.findall(r'(src|width|height)="([^"]+)"', tag))
            size = int(there["width"]), int(there["height"])
            # Recordings have more pixels than they take up.
            density = DENSITY if "assets/" in there["src"] else 1
            pixels = tuple(density * length for length in size)
            real = size_of(site / page, there["src"])
            assert pixels == pytest.approx(real, abs=density), tag
    assert count > 10


def size_of(page, source):
    """Return the width and height of a picture, in pixels."""
    with Image.open(page.parent / source.partition("#")[0]) as picture:
        return picture.size


def test_the_search_dialog_has_a_name(browser, address):
    with visit(browser, address, "index.html") as seen:
        assert seen.page.get_by_role("dialog", name="Search", exact=True).count() == 1


def test_the_icons_of_the_site_are_there(site):
    for page in KINDS:
        icons = hrefs(text_of(site, page), 'rel="icon"')
        assert [icon.rpartition(".")[2] for icon in icons] == ["png", "svg"]
        for icon in icons:
            assert ((site / page).parent / icon).is_file()


# Lighthouse itself takes minutes: `python3 -m tools lighthouse`. Here is what it uses.


def report(**scores):
    """Return what matters of a report of Lighthouse."""
    refs = [{"id": "speed", "weight": 1}, {"id": "hint", "weight": 0}]
    return {
        "categories": {
            category: {
                "score": scores.get(category.replace("-", "_"), 1),
                "auditRefs": refs,
            }
            for category in run.GOALS
        },
        "audits": {"speed": {"score": 0.5}, "hint": {"score": 0}},
    }


def test_the_median_run_counts_and_what_is_below_its_goal_is_named():
    reports = [report(performance=score) for score in (0.2, 0.93, 0.9)]
    assert run.scores_of(reports) == {
        "performance": 90,
        "accessibility": 100,
        "best-practices": 100,
        "seo": 100,
    }
    assert run.complaints("index.html", run.scores_of(reports), reports) == []
    slow = [report(performance=0.89)]
    assert run.complaints("index.html", run.scores_of(slow), slow) == [
        "index.html: performance is 89, and the goal is 90. Below full marks: speed"
    ]


def test_a_report_without_a_score_is_no_success():
    broken = [report(seo=None)]
    (complaint,) = run.complaints("index.html", run.scores_of(broken), broken)
    assert complaint.startswith("index.html: seo is 0")


def test_the_server_of_lighthouse_packs_text_and_answers_with_the_page_for_dead_links(
    site,
):
    with server.serving(site) as address:
        request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Cache-Control"] == "max-age=600"
            assert gzip.decompress(answer.read()) == (site / "index.html").read_bytes()
        with urllib.request.urlopen(address + "assets/favicon.png") as answer:
            assert answer.headers["Content-Encoding"] is None
        with pytest.raises(urllib.error.HTTPError, match="404") as dead:
            urllib.request.urlopen(address + "gone.html")
        with contextlib.closing(dead.value):
            assert dead.value.read() == (site / "404.html").read_bytes()


def test_lighthouse_is_pinned():
    package = json.loads((run.HERE / "package.json").read_text("utf-8"))
    version = package["devDependencies"]["lighthouse"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
