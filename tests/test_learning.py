"""What the pages do for a student: predictions, tasks, and commands that exist."""

import os
import re
import shlex
import subprocess
import sys
from itertools import chain

import pytest
from readers import SOURCES, on_disk, served, visit

from course import cli, docs
from course.steps import load_steps

SHELL = re.compile(r"^\s*python3 -m course\b(.*)$", re.MULTILINE)
PREDICTIONS = re.compile(
    r'<div class="predict" data-name="([^"]+)" data-answer="(\d)" markdown>(.+?)</div>',
    re.DOTALL,
)
TASK = re.compile(r'\{: data-task="([^"]+)" \}')


def sources():
    """Return the text of every page, by its name."""
    return {page.stem: page.read_text("utf-8") for page in SOURCES.rglob("*.md")}


def predictions():
    """Return name, number of the right answer, and content of every prediction."""
    return [found for text in sources().values() for found in PREDICTIONS.findall(text)]


def test_every_prediction_and_every_task_has_a_name_of_its_own():
    names = [name for name, _, _ in predictions()]
    tasks = [name for text in sources().values() for name in TASK.findall(text)]
    assert len(names) > 10
    assert len(tasks) > 10
    assert len(set(names)) == len(names)
    assert len(set(tasks)) == len(tasks)


def test_every_task_can_be_ticked(site):
    """The name stands below the first paragraph of the task, or it is lost."""
    pages = "".join(page.read_text("utf-8") for page in site.rglob("*.html"))
    tasks = {name for text in sources().values() for name in TASK.findall(text)}
    assert tasks - set(re.findall('<(?:li|p) data-task="([^"]+)"', pages)) == set()


def test_every_prediction_has_its_right_answer_among_the_others():
    for name, right, content in predictions():
        choices = re.findall(r"^\s*\d\. ", content, re.MULTILINE)
        assert 2 <= len(choices) <= 5, name
        assert 1 <= int(right) <= len(choices), name
        assert "???" in content, f"{name} gives no answer"


def choices(content):
    """Return the options of a prediction, as a reader sees them."""
    return re.findall(r"^\s*\d\. (.+)$", content, re.MULTILINE)


def test_the_right_answer_of_a_prediction_cannot_be_told_by_its_length():
    longest = []
    for name, right, content in predictions():
        others = choices(content)
        answer = others.pop(int(right) - 1)
        if len(answer) > max(map(len, others)):
            longest.append(f"{name}: {answer}")
    assert longest == []


def test_the_right_answer_of_a_prediction_cannot_be_told_by_its_place():
    places = [int(right) for _, right, _ in predictions()]
    assert max(map(places.count, places)) <= len(places) / 2


def test_the_landing_page_counts_what_a_student_has_done(browser, address):
    with visit(browser, address, "index.html") as seen:
        lesson = seen.page.locator('[data-progress="03"]')
        assert lesson.text_content() == ""
        seen.page.evaluate(
            """() => {
              localStorage.setItem("task:03-quiet", "done");
              localStorage.setItem("predict:03-who-hears", "2");
              localStorage.setItem("task:04-quiet", "done");
            }"""
        )
        seen.page.reload()
        assert re.fullmatch(r"2 of \d+ done", lesson.text_content())


@pytest.mark.parametrize("place", ["http", "disk"])
def test_a_prediction_opens_its_answer_and_survives_a_reload(
    browser,
    site,
    place,
):
    with served(site) as address:
        home = address if place == "http" else on_disk(site)
        with visit(browser, home, "lessons/03-inmemory-layer.html") as seen:
            page = seen.page
            box = page.locator(".predict").first
            right = int(box.get_attribute("data-answer"))
            wrong = box.get_by_role("button").nth(0 if right != 1 else 1)
            assert not box.locator("details").is_visible()
            wrong.click()
            assert box.get_by_role("status").text_content() == "Not this one."
            box.get_by_role("button").nth(right - 1).click()
            assert box.get_by_role("status").text_content() == "Right."
            assert box.locator("details p").last.is_visible()
            task = page.get_by_role("checkbox").first
            task.check()
            page.reload()
            assert page.get_by_role("checkbox").first.is_checked()
            assert not page.get_by_role("checkbox").nth(1).is_checked()
            again = page.locator(".predict").first
            assert again.get_by_role("status").text_content() == "Right."
            assert seen.errors == []


def test_a_task_keeps_its_tick_when_the_page_grows_above_it(browser, site, tmp_path):
    page = site / "lessons/03-inmemory-layer.html"
    grown = page.read_text("utf-8").replace(
        "<li data-task=", '<li data-task="new">A new task</li><li data-task=', 1
    )
    with (
        served(site) as address,
        visit(browser, address, "lessons/03-inmemory-layer.html") as seen,
    ):
        seen.page.get_by_role("checkbox").first.check()
        seen.page.route(
            "**/03-inmemory-layer.html",
            lambda route: route.fulfill(body=grown, content_type="text/html"),
        )
        seen.page.reload()
        ticks = [box.is_checked() for box in seen.page.get_by_role("checkbox").all()]
        assert ticks[:2] == [False, True]


def commands():
    """Return every command of the tool in a page, with the page it stands in."""
    return [
        (name, line.partition("#")[0].strip())
        for name, text in sources().items()
        for line in SHELL.findall(text.replace("\\\n", " "))
        if not re.search(r"[A-Z]{4,}|…", line)  # NAME, FOLDER: to be filled in
    ]


def test_every_command_in_a_page_is_one_that_the_tool_takes():
    parser = cli.make_parser()
    assert len(commands()) > 30
    for name, line in commands():
        words = shlex.split(line.rstrip("&| "))
        options, rest = parser.parse_known_args(words)
        assert not rest or options.verb is cli.test, f"{name}: {line}"


def test_every_test_that_a_page_names_is_there():
    named = {
        (words[1] if words[1:2] and words[1].isdigit() else None, words[-1])
        for words in (shlex.split(line) for _, line in commands())
        # A student copies the test of an exercise into the step first.
        if words[:1] == ["test"] and "-k" in words and words[-1] != "exercise"
    }
    tests = {step.number: collected_in(step.path) for step in load_steps()}
    everything = [*collected_in(docs.ROOT), *chain(*tests.values())]
    for step, expression in named:
        words = expression.split(" or ")
        candidates = everything if step is None else tests[step]
        for word in words:
            assert any(word.lower() in test for test in candidates), (step, word)


def test_every_test_that_a_sentence_names_is_there():
    """In backticks, without a command around it, unless the reader shall write it."""
    folders = ("tests", "steps", "exercises", "recipes")
    files = [path for folder in folders for path in (docs.ROOT / folder).rglob("*.*")]
    there = {
        name
        for path in files
        if path.suffix in {".py", ".toml"} and ".venv" not in path.parts
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    named = {
        name
        for text in sources().values()
        for name in re.findall(r"(?<!Write a test, )`(test_\w+)`", text)
    }
    assert len(named) > 5
    assert named - there == set()


def collected_in(place):
    """Return the tests of a folder by their full names, in small letters, as -k does."""
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only"]
    # Somebody's -v there would print a tree instead of the names.
    env = {name: text for name, text in os.environ.items() if name != "PYTEST_ADDOPTS"}
    found = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True)
    return [line.lower() for line in found.stdout.splitlines() if "::" in line]
