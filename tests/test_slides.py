"""The lessons on a projector: screens, keys, paper, and the notes in a second window."""

import contextlib
import itertools
import re
import tomllib

import pytest
from readers import SOURCES, assert_readable, on_disk, search_index, visit

from course.errors import CourseError
from course.steps import load_steps
from tools.pages import speaker
from tools.pages.manifest import lesson

STEPS = load_steps()
LESSON = "lessons/03-inmemory-layer.html"
NOTES = "teaching/speaker-notes.html"
LESSONS = sorted(
    page.relative_to(SOURCES).with_suffix(".html").as_posix()
    for page in (SOURCES / "lessons").rglob("*.md")
)
SMALLEST = 28  # pixels on a screen of 1280 by 720

# What a class in the last row could not read, or not see, on any screen of a page.
UNREADABLE = r"""(smallest) => {
  const stage = document.querySelector(".stage").getBoundingClientRect();
  const factor = stage.width / 1280;
  const wrong = [];
  for (const screen of document.querySelectorAll(".screen")) {
    screen.classList.add("measured");
    const edge = screen.getBoundingClientRect();
    const complain = (...words) => wrong.push([screen.ariaLabel, ...words].join(" "));
    const body = screen.querySelector(".body");
    if (body.scrollHeight > body.clientHeight) complain("too high");
    if (body.scrollWidth > body.clientWidth) complain("too wide");
    if (screen.classList.contains("cut")) complain("too much");
    if (body.textContent.trim() === "" && !body.querySelector("img")) complain("empty");
    const texts = document.createTreeWalker(screen, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement: parent } = texts.currentNode;
      if (!data.trim() || parent.closest("title, desc, .tall h2")) continue;
      let size = parseFloat(getComputedStyle(parent).fontSize);
      if (parent instanceof SVGElement) size *= parent.getScreenCTM().a / factor;
      if (size < smallest - 0.01) complain(size.toFixed(1), "px:", data.trim());
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      const isDrawn = parent instanceof SVGElement; // and perhaps made narrower
      for (const box of (isDrawn ? parent : range).getClientRects()) {
        const isIn = box.left >= edge.left - 1 && box.right <= edge.right + 1
          && box.top >= edge.top - 1 && box.bottom <= edge.bottom + 1;
        if (!isIn && box.width > 0) complain("outside:", data.trim());
      }
    }
    screen.classList.remove("measured");
  }
  return wrong;
}"""


HEADINGS = "[...document.querySelectorAll('.screen')].map((one) => one.dataset.heading)"


def headings_with_notes(name):
    """Return the headings of a lesson's page that have speaker notes."""
    page = name.removeprefix("lessons/").removesuffix(".html")
    notes = [note for step in STEPS for note in speaker.notes_of(step)]
    return {note.heading for note in notes if note.page == page}


@contextlib.contextmanager
def projected(browser, home, name=LESSON, **options):
    """Open the slides of a page."""
    with visit(browser, home, f"{name}?project", **options) as seen:
        seen.page.set_viewport_size({"width": 1280, "height": 720})
        seen.page.locator(".screen.now").wait_for()
        yield seen


def counter(page):
    """Return the number of the screen that is shown, and of all."""
    return [
        int(word) for word in page.locator(".now .counter").inner_text().split(" / ")
    ]


def title(page):
    """Return the heading of the screen that is shown."""
    return page.locator(".now :is(h1, h2)").inner_text()


@pytest.mark.parametrize("name", LESSONS)
def test_the_last_row_can_read_every_screen_of_a_lesson(browser, site, name):
    with projected(browser, on_disk(site), name) as seen:
        assert seen.page.locator(".screen").count() > 20
        assert seen.page.evaluate(UNREADABLE, SMALLEST) == []
        assert seen.errors == []
        assert seen.outside == []
        # A note whose section isn't projected would never be shown.
        assert headings_with_notes(name) - set(seen.page.evaluate(HEADINGS)) == set()


def test_keys_and_a_clicker_move_the_slides(browser, address):
    with projected(browser, address) as seen:
        page = seen.page
        first, last = counter(page)
        assert first == 1
        for key in ("ArrowRight", "PageDown", "Space", "ArrowDown"):
            page.keyboard.press(key)
        assert counter(page)[0] == 5
        for key in ("ArrowLeft", "PageUp"):
            page.keyboard.press(key)
        assert counter(page)[0] == 3
        page.keyboard.press("End")
        page.keyboard.press("ArrowRight")
        assert counter(page) == [last, last]
        page.keyboard.press("Home")
        page.keyboard.press("ArrowLeft")
        assert counter(page)[0] == 1
        page.keyboard.press("Shift+ArrowRight")
        assert title(page) == "Predict"
        page.keyboard.press("Shift+ArrowRight")
        assert title(page) == "Run it alone"
        page.keyboard.press("Shift+ArrowLeft")
        assert title(page) == "Predict"


def test_a_key_blanks_the_screen_and_the_next_one_shows_it_again(browser, address):
    with projected(browser, address) as seen:
        curtain = seen.page.locator(".curtain")
        seen.page.keyboard.press("b")
        assert curtain.is_visible()
        seen.page.keyboard.press("ArrowRight")
        assert not curtain.is_visible()
        assert counter(seen.page)[0] == 1


def test_p_begins_with_what_is_in_sight_and_escape_returns_there(browser, address):
    with visit(browser, address, LESSON) as seen:
        page = seen.page
        page.evaluate("document.querySelector('#the-routes').scrollIntoView()")
        page.keyboard.press("p")
        page.locator(".screen.now").wait_for()
        assert title(page) == "The routes"
        assert page.url.endswith("?project")
        assert not page.locator(".md-header").is_visible()
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Escape")
        assert page.locator(".md-header").is_visible()
        assert page.locator("#the-group-name").bounding_box()["y"] < 300
        assert page.url == address + LESSON


def test_p_is_a_letter_while_somebody_types(browser, address):
    with visit(browser, address, LESSON) as seen:
        seen.page.get_by_role("textbox", name="Search").press_sequentially("p")
        assert seen.page.locator(".screen").count() == 0


@pytest.mark.parametrize("place", ["http", "disk"])
def test_the_link_of_a_lesson_begins_the_slides_and_a_reload_continues(
    browser, site, address, place
):
    home = address if place == "http" else on_disk(site)
    with visit(browser, home, LESSON) as seen:
        page = seen.page
        page.get_by_role("link", name="Project this page").click()
        page.locator(".screen.now").wait_for()
        assert counter(page)[0] == 1
        assert seen.errors == []
    with projected(browser, home) as seen:
        seen.page.keyboard.press("PageDown")
        seen.page.reload()
        seen.page.locator(".screen.now").wait_for()
        assert counter(seen.page)[0] == 2


def test_an_anchor_in_the_address_begins_there(browser, address):
    with visit(browser, address, f"{LESSON}?project#the-idea") as seen:
        seen.page.locator(".screen.now").wait_for()
        assert title(seen.page) == "The idea"


def test_predictions_are_answered_after_the_run(browser, address):
    with projected(browser, address) as seen:
        kinds = seen.page.locator(".screen").evaluate_all(
            """screens => screens.map((screen) => {
              if (screen.matches(".question")) return "question";
              return screen.matches(".answer") ? "answer" : screen.dataset.heading;
            })"""
        )
        order = [kind for kind, _ in itertools.groupby(kinds)]
        run = ["question", "run-it-alone", "what-you-see", "answer", "the-idea"]
        assert order[order.index("question") :][:5] == run
        assert kinds.count("question") == 3
        answers = seen.page.locator(".answer .right").all_text_contents()
        assert answers == ["✓ 2. Ana's and Bia's", "✓ 2. nothing new", "✓ 1. none"]


def test_a_prediction_after_the_run_is_answered_on_the_next_screen(browser, address):
    lesson = "lessons/01-http-polling.html?project#the-idea"
    with visit(browser, address, lesson) as seen:
        page = seen.page
        page.locator(".screen.now").wait_for()
        while not page.locator(".now.question").count():
            page.keyboard.press("ArrowRight")
        assert page.locator(".now .right").count() == 0
        page.keyboard.press("ArrowRight")
        assert page.locator(".now.answer .right").count() == 1


def test_notes_on_code_come_one_after_the_other_with_their_line_marked(
    browser, address
):
    with visit(browser, address, f"{LESSON}?project#the-consumer") as seen:
        page = seen.page
        page.locator(".screen.now").wait_for()
        marked = []
        while title(page) == "The consumer":
            number = page.locator(".now .number")
            if number.count():
                line = page.locator(".now .line.marked")
                marked.append((number.inner_text(), line.inner_text().strip()))
            page.keyboard.press("ArrowRight")
        assert [number for number, _ in marked] == [str(n) for n in range(1, 12)]
        assert marked[4] == ("5", "await self.accept()")


def test_what_is_not_for_the_class_is_left_out(browser, address):
    with projected(browser, address) as seen:
        words = seen.page.locator(".stage").text_content()
        assert "In a hurry?" not in words
        assert "Verified with" not in words
        assert "Hint" not in words
        assert seen.page.locator(".stage :is(a, button, input, details)").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_slides_are_accessible(browser, address, scheme):
    with projected(browser, address, scheme=scheme) as seen:
        page = seen.page
        for heading in ("predict", "the-idea", "the-consumer", "what-it-costs"):
            page.keyboard.press("Home")
            while page.locator(".now").count() and heading_of(page) != heading:
                page.keyboard.press("Shift+ArrowRight")
            assert_readable(page)


def heading_of(page):
    """Return the heading of the screen that is shown, as the address would name it."""
    return title(page).lower().replace(" ", "-")


def test_a_finger_swipes_from_screen_to_screen(browser, address):
    with projected(browser, address) as seen:
        swipe = """(by) => {
          const target = document.querySelector(".now");
          const at = (x) => [new Touch({ identifier: 1, target, clientX: x, clientY: 300 })];
          const fire = (type, touches, changedTouches) => target.dispatchEvent(
            new TouchEvent(type, { bubbles: true, touches, changedTouches }));
          fire("touchstart", at(600), at(600));
          fire("touchend", [], at(600 + by));
        }"""
        for by, number in ((-200, 2), (-10, 2), (200, 1)):
            seen.page.evaluate(swipe, by)
            assert counter(seen.page)[0] == number


def test_paper_gets_one_screen_on_each_page(browser, address):
    with projected(browser, address, scheme="dark") as seen:
        pdf = seen.page.pdf(prefer_css_page_size=True)
        pages = re.findall(rb"/MediaBox \[([\d. ]+)\]", pdf)
        assert len(pages) == counter(seen.page)[1]
        for box in pages:
            _, _, width, height = map(float, box.split())
            assert width / height == pytest.approx(1280 / 720, rel=0.01)
    with visit(browser, address, LESSON) as seen:
        pages = re.findall(rb"/MediaBox \[([\d. ]+)\]", seen.page.pdf(format="A4"))
        _, _, width, height = map(float, pages[0].split())
        assert width < height  # the lesson itself is printed as before


def test_without_javascript_the_page_is_the_page(browser, address):
    with contextlib.closing(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(f"{address}{LESSON}?project")
        assert page.locator("#the-idea").is_visible()
        assert page.locator(".screen, .project-link").count() == 0


@pytest.mark.parametrize("place", ["http", "disk"])
def test_the_window_with_the_notes_follows_the_slides(browser, site, address, place):
    home = address if place == "http" else on_disk(site)
    with projected(browser, home) as seen:
        page = seen.page
        with page.expect_popup() as opened:
            page.keyboard.press("n")
        notes = opened.value
        lesson_name = "03 WebSockets and groups: tabs that hear each other"
        notes.locator("h1.title", has_text=lesson_name).wait_for()
        page.keyboard.press("Shift+ArrowRight")
        notes.locator("h1.title", has_text="Predict").wait_for()
        assert (
            notes.locator(".count").inner_text()
            == page.locator(".now .counter").inner_text()
        )
        assert (
            "An error needs something that failed"
            in notes.locator(".note").inner_text()
        )
        assert (
            notes.locator(".plan").inner_text() == "planned until here: 3 of 10 minutes"
        )
        notes.keyboard.press("Shift+ArrowRight")
        notes.locator("h1.title", has_text="Run it alone").wait_for()
        assert title(page) == "Run it alone"
        # The slides are loaded again, and the notes find them.
        page.reload()
        page.locator(".screen.now").wait_for()
        page.keyboard.press("Shift+ArrowRight")
        notes.locator("h1.title", has_text="What you see").wait_for()
        assert notes.locator(".note").inner_text().startswith("No notes here.")
        assert_readable(notes)
        assert seen.errors == []


def test_the_clock_of_the_notes_shows_who_is_late(browser, address):
    with projected(browser, address) as seen:
        with seen.page.expect_popup() as opened:
            seen.page.keyboard.press("n")
        notes = opened.value
        notes.clock.install(time=1_000_000)  # seconds; run_for() takes milliseconds
        notes.reload()
        notes.clock.pause_at(1_000_060)  # from here on, only this scene moves it
        clock = notes.get_by_role("button", name="Set the clock to zero")
        seen.page.keyboard.press("Shift+ArrowRight")
        notes.clock.run_for(2000)
        notes.locator("h1.title", has_text="Predict").wait_for()
        notes.clock.run_for(61_000)
        assert re.fullmatch("1:0[1-3]", clock_text(clock))
        assert "late" not in clock.get_attribute("class")
        notes.clock.run_for(150_000)
        assert "late" in clock.get_attribute("class")
        clock.click()
        assert clock_text(clock) == "0:00"


def clock_text(clock):
    """Return the minutes and seconds of the clock."""
    return clock.text_content()


# The notes themselves.


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.number)
def test_the_minutes_of_the_notes_are_those_of_the_demo(step):
    own = lesson(step).removeprefix("lessons/").removesuffix(".md")
    found = [note.minutes for note in speaker.notes_of(step) if note.page == own]
    assert sum(found) == step.minutes["demo"]


def test_the_notes_of_a_chapter_fit_the_minutes_to_run_it():
    table = (SOURCES / "lessons/05-final/index.md").read_text("utf-8")
    rows = re.findall(r"^\| \[[^]]+\]\((\d-[\w-]+)\.md\) \|.+?\| (\d+) \|", table, re.M)
    assert len(rows) == 8
    notes = speaker.notes_of(STEPS[4])
    for chapter, run in rows:
        planned = sum(one.minutes for one in notes if one.page == f"05-final/{chapter}")
        assert 0 < planned <= int(run), chapter


def test_every_note_says_something_and_every_wrong_answer_has_a_reply():
    for step in STEPS:
        for note in speaker.notes_of(step):
            assert note.texts["say"], note
            assert ("wrong" in note.texts) == ("reply" in note.texts), note


def test_a_note_whose_heading_is_gone_stops_the_build():
    with pytest.raises(CourseError, match='has no heading "gone"'):
        speaker.note_of({"heading": "gone", "say": []}, STEPS[0])


def test_a_note_is_a_file_that_can_be_read():
    for step in STEPS:
        path = speaker.NOTES / f"{step.number}.toml"
        assert tomllib.loads(path.read_text("utf-8"))["note"]


def test_the_notes_are_on_their_page_and_in_no_search(site):
    assert not [
        entry for entry in search_index(site) if entry["location"].startswith(NOTES)
    ]
    for name in LESSONS:
        assert "speaker-note" not in (site / name).read_text("utf-8")
    text = (site / NOTES).read_text("utf-8")
    assert text.count('class="speaker-note"') == sum(
        len(speaker.notes_of(step)) for step in STEPS
    )
