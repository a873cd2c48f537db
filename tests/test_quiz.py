"""The quizzes: questions that can be trusted, and pages that everyone can use."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter

import pytest
from readers import assert_readable, on_disk, search_index, served, visit

from course.errors import CourseError
from course.steps import STEPS, load_steps
from tools.pages import quiz
from tools.pages.listings import code

NUMBERS = [step.number for step in load_steps()]
ALL = {number: quiz.load(number) for number in NUMBERS}
QUESTIONS = [question for questions in ALL.values() for question in questions]
SINGLE = [one for one in QUESTIONS if one.kind in {"one", "output", "line"}]

each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
SPAN = re.compile(r"`([^`]+)`")


def test_each_lesson_has_ten_questions_of_every_kind():
    for number, questions in ALL.items():
        assert len(questions) == 10, number
        assert {one.kind for one in questions} == set(quiz.KINDS), number
    names = [one.name for one in QUESTIONS]
    assert len(set(names)) == len(names)


def test_the_questions_of_lesson_05_are_about_all_of_its_chapters():
    chapters = {path.name for path in (quiz.PAGES / "lessons/05-final").glob("[1-9]*")}
    asked = {one.page.rpartition("/")[2] for one in ALL["05"]}
    assert asked == chapters


@each_question
def test_every_choice_is_explained_and_one_is_right(question):
    assert 3 <= len(question.choices) <= 5
    assert len({choice.text for choice in question.choices}) == len(question.choices)
    for choice in question.choices:
        assert len(choice.why.split()) >= 5, choice.text
        assert choice.why.endswith("."), choice.why
    rights = sum(choice.right for choice in question.choices)
    if question.kind == "order":
        places = sorted(choice.place for choice in question.choices)
        assert places == list(range(1, len(places) + 1))
        assert question.right != places, "the order is given away"
    elif question.kind == "several":
        assert 1 < rights < len(question.choices)
    else:
        assert rights == 1


@each_question
def test_a_question_asks_for_what_is_true(question):
    """A reader in a hurry overlooks a "not" in a question."""
    asks = re.split(r"(?<=[.?]) ", question.ask.strip())[-1]
    assert not re.search(r"\b(not|never|except|without)\b|n't\b", asks), asks


@each_question
def test_the_heading_exists_that_a_question_is_about(question):
    assert question.anchor


@each_question
def test_the_code_that_a_question_quotes_is_the_code_of_the_step(question):
    if question.kind not in {"line", "output"}:
        return
    listing = "\n".join(code(*question.code.split()))
    if question.kind == "line":
        lines = [line.partition("  #")[0].strip() for line in listing.splitlines()]
        for choice in question.choices:
            assert lines.count(SPAN.fullmatch(choice.text)[1]) == 1, choice.text
    else:
        assert question.run


@pytest.mark.parametrize(
    "question",
    [one for one in QUESTIONS if one.kind == "output"],
    ids=lambda one: one.name,
)
def test_a_program_prints_what_the_right_answer_says(question):
    step = STEPS / question.code.partition("/")[0]
    setup = "import django\ndjango.setup()\n"
    if not (step / "chat" / "models").exists() and "limits" not in question.run:
        setup = ""
    program = [sys.executable, "-c", setup + question.run]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        program, cwd=step, env=env, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    (right,) = [choice for choice in question.choices if choice.right]
    assert done.stdout.split() == SPAN.findall(right.text)


def test_the_right_answer_cannot_be_told_by_its_length():
    longest, shortest = [], []
    for question in SINGLE:
        if question.kind == "line":
            continue  # the code decides how long they are
        lengths = [len(choice.text) for choice in question.choices]
        right = lengths.pop(question.right[0] - 1)
        if right > max(lengths):
            longest.append(question.name)
        if right < min(lengths):
            shortest.append(question.name)
    assert longest == []
    assert len(shortest) <= len(SINGLE) / 3


def test_the_right_answer_cannot_be_told_by_its_place():
    places = Counter(question.right[0] for question in SINGLE)
    assert max(places.values()) <= len(SINGLE) / 3
    for number, questions in ALL.items():
        own = Counter(one.right[0] for one in questions if one in SINGLE)
        assert max(own.values()) <= 3, number


def test_a_question_about_a_heading_that_is_gone_stops_the_build():
    question = quiz.Question("x", "one", "?", "lessons/01-http-polling.md", "Gone")
    with pytest.raises(CourseError, match='has no heading "Gone"'):
        quiz.shown(question)


def test_a_quiz_that_is_not_there_stops_the_build():
    with pytest.raises(CourseError, match='no quiz "09". There are: 01, 02'):
        quiz.quiz("09")


# ---- The pages ---------------------------------------------------------------------------


def test_every_lesson_links_to_its_quiz(site):
    for number in NUMBERS:
        pages = [path.read_text("utf-8") for path in (site / "lessons").rglob("*.html")]
        assert any(f"quizzes/{number}.html" in page for page in pages), number


def test_the_answers_are_not_in_the_search(site):
    places = [one["location"] for one in search_index(site)]
    assert not [place for place in places if place.startswith("quizzes/")]


def question_of(page, number):
    """Return the box of one question, and the numbers of its right choices."""
    box = page.locator(".question").nth(number - 1)
    return box, [int(one) for one in box.get_attribute("data-right").split(",")]


def answer(page, number, *choices):
    """Answer a question; put the choices of an order one by one at their places."""
    box, _ = question_of(page, number)
    for choice in choices:
        box.locator("input").nth(choice - 1).check()
    box.get_by_role("button", name="Check my answer").click()
    return box


@pytest.mark.parametrize("place", ["http", "disk"])
def test_each_choice_is_explained_after_the_answer_and_after_a_reload(
    browser, site, place
):
    with served(site) as address:
        home = address if place == "http" else on_disk(site)
        with visit(browser, home, "quizzes/01.html") as seen:
            page = seen.page
            box, (right,) = question_of(page, 1)
            assert box.locator(".why").count() == 0
            answer(page, 1, 1 if right != 1 else 2)
            verdict = box.locator(".verdict[tabindex]")
            assert verdict.text_content() == "Not this one."
            assert page.evaluate("document.activeElement.textContent") == (
                "Not this one."
            )
            assert box.locator(".why").count() == box.locator("ol > li").count()
            assert box.locator("input").first.is_disabled()
            answer(page, 2, question_of(page, 2)[1][0])
            page.reload()
            assert page.locator(".quiz-result").get_by_role(
                "status"
            ).first.text_content() == ("2 of 10 answered, 1 right at the first try.")
            assert verdict.text_content() == "Not this one."
            assert seen.errors == []


def test_no_answer_is_no_wrong_answer(browser, address):
    with visit(browser, address, "quizzes/01.html") as seen:
        box = answer(seen.page, 1)
        assert box.get_by_role("status").text_content() == "Choose an answer first."
        assert box.locator("input").first.is_enabled()


def test_an_order_can_be_made_with_the_keyboard(browser, address):
    with visit(browser, address, "quizzes/03.html") as seen:
        page = seen.page
        box, right = question_of(page, 1)
        items = box.locator("ol > li")
        texts = [items.nth(number - 1).text_content() for number in right]
        words = [re.sub(r"^[↑↓]+", "", text).strip() for text in texts]
        for place, text in enumerate(words):
            while text not in items.nth(place).text_content():
                up = box.get_by_role("button", name=f"Move up: {text}", exact=True)
                up.focus()
                page.keyboard.press("Enter")
                assert page.evaluate(
                    "document.activeElement.getAttribute('aria-label')"
                ) == (f"Move up: {text}")
        assert "Now number" in box.get_by_role("status").text_content()
        box.get_by_role("button", name="Check my answer").focus()
        page.keyboard.press("Enter")
        assert box.locator(".verdict[tabindex]").text_content() == "Right."


def test_the_result_is_saved_as_csv_and_as_json_with_the_name(browser, address):
    with visit(browser, address, "quizzes/02.html") as seen:
        page = seen.page
        answer(page, 1, *question_of(page, 1)[1])
        answer(page, 2, *question_of(page, 2)[1])
        page.get_by_label("Your name").fill('=Ana, "A"')
        with page.expect_download() as saved:
            page.get_by_role("button", name="Download as CSV").click()
        text = saved.value.path().read_text("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == 10
        assert rows[0]["name"] == '\'=Ana, "A"'  # not a formula
        assert [row["result"] for row in rows[:3]] == ["right", "right", ""]
        with page.expect_download() as saved:
            page.get_by_role("button", name="Download as JSON").click()
        result = json.loads(saved.value.path().read_text("utf-8"))
        assert (result["quiz"], result["right"], result["answered"]) == ("02", 2, 2)
        assert result["questions"][1]["answer"] == question_of(page, 2)[1]


def test_a_browser_without_a_clipboard_shows_the_text_to_copy(browser, address):
    with visit(browser, address, "quizzes/01.html") as seen:
        page = seen.page
        page.evaluate(
            "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
        )
        answer(page, 1, *question_of(page, 1)[1])
        page.get_by_role("button", name="Copy my result").click()
        text = page.get_by_label("My result, to copy").input_value()
        assert text == "Quiz 01: 1 of 10 right, 1 answered."


def test_start_again_asks_and_then_forgets(browser, address):
    with visit(browser, address, "quizzes/01.html") as seen:
        page = seen.page
        answer(page, 1, *question_of(page, 1)[1])
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("button", name="Start again").click()
        assert page.locator("#quiz").text_content().strip() == "1 of 10 answered."
        page.once("dialog", lambda dialog: dialog.accept())
        with page.expect_navigation():
            page.get_by_role("button", name="Start again").click()
        assert page.locator("#quiz").text_content().strip() == "0 of 10 answered."


def test_what_a_browser_kept_of_an_older_bank_is_no_error(browser, address):
    with visit(browser, address, "quizzes/01.html") as seen:
        page = seen.page
        kept = {
            QUESTIONS[0].name: {"answer": [9]},
            QUESTIONS[1].name: {"answer": "1"},
            QUESTIONS[5].name: {"answer": [1, 1, 1, 1, 1]},
            "gone": {"answer": [1]},
        }
        for value in (json.dumps(kept), "7", "{", "null"):
            page.evaluate("value => localStorage.setItem('quiz:01', value)", value)
            page.reload()
            assert page.locator("#quiz").text_content().strip() == "0 of 10 answered."
        assert seen.errors == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_an_answered_quiz_is_readable(browser, address, width, scheme):
    with visit(browser, address, "quizzes/05.html", scheme=scheme, width=width) as seen:
        for number, question in enumerate(ALL["05"], 1):
            wanted = [] if question.kind == "order" else [1]
            answer(seen.page, number, *wanted)
        seen.page.mouse.move(0, 0)  # away from the words that have a tooltip
        seen.page.locator(".md-tooltip2--active").wait_for(state="hidden")
        assert_readable(seen.page)


def test_without_javascript_the_answers_are_folded(browser, address):
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{address}quizzes/01.html")
        assert page.locator(".question details").count() == 10
        assert page.locator(".question details[open]").count() == 0
        page.locator(".question summary").first.click()
        assert "Right." in page.locator(".question details").first.inner_text()
    finally:
        context.close()
