"""The error museum: each exhibit is what a broken copy of a step really does."""

import html
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

import pytest
from heard import console_of
from readers import SOURCES, search_index

from course import compare
from course.breaks.exhibits import find, in_full, load, pattern_of
from course.breaks.scenes import SCENES
from course.breaks.stage import Stage, complaints_in
from course.changes import Change
from course.errors import CourseError
from course.playground_content import names
from course.processes import Process
from course.servers import answers
from course.steps import ROOT, load_steps
from tools.pages.directives import expanded

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the museum shows what Linux prints"
)

EXHIBITS = load()
PLAYABLE = [exhibit for exhibit in EXHIBITS if exhibit.scene]
AT_ONCE = 4  # much of a scene is waiting
BREAK = [sys.executable, "-m", "course", "break"]

each = pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)


class Played(NamedTuple):
    """What people got in a scene, what was printed, and what was done."""

    outcomes: list[str]
    printed: list[str]
    told: list[str]


def play(exhibit):
    """Play an exhibit."""
    told = []
    with Stage(exhibit, told.append) as stage:
        outcomes = SCENES[exhibit.scene](stage)
        stage.wait_for(exhibit.says)
        return Played(outcomes, list(stage.printed), told)


@pytest.fixture(scope="module")
def plays(request):
    """Play what the tests of this run want to see, some at a time; give the futures."""
    wanted = [
        item.callspec.params["wanted"]
        for item in request.session.items
        if item.path == request.path and "wanted" in item.fixturenames
    ]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield {exhibit.name: threads.submit(play, exhibit) for exhibit in wanted}


# ---- What a break does ------------------------------------------------------------------


@pytest.mark.parametrize("wanted", PLAYABLE, ids=lambda exhibit: exhibit.name)
def test_a_break_prints_and_gives_what_the_museum_says(plays, wanted):
    played = plays[wanted.name].result()
    assert played.outcomes == wanted.gets
    for text in wanted.says:
        assert any(map(pattern_of(text).search, played.printed))
    if not wanted.says:
        assert complaints_in(played.printed) == []


@pytest.mark.parametrize("wanted", [find("forgotten-await")])
def test_nothing_complains_of_a_forgotten_await_before_warnings_are_errors(
    plays, wanted
):
    assert "Complaints in the terminal: 0" in plays[wanted.name].result().told


@pytest.mark.parametrize(
    "cure", ["asyncio.sleep(0.5)", "asyncio.to_thread(time.sleep, 0.5)"]
)
def test_what_the_museum_proposes_lets_three_slow_answers_come_at_once(cure):
    blocked = find("blocked-loop")
    changes = [
        replace(
            change,
            new=change.new.replace(
                "import time", "import asyncio\nimport time"
            ).replace("time.sleep(0.5)", f"await {cure}"),
        )
        for change in blocked.changes
    ]
    cured = replace(blocked, changes=changes)
    at_once = ["Three answers of half a second each come all at once."]
    # A busy machine makes answers late; nothing makes blocked ones come at once.
    assert any(play(cured).outcomes == at_once for _ in range(3))


# ---- The changes -------------------------------------------------------------------------


@each
def test_the_changes_still_fit_the_step_and_can_be_seen(exhibit, tmp_path):
    copy = exhibit.copy(tmp_path)
    lines = exhibit.diff(copy)
    changed = {line.removeprefix("+++ b/") for line in lines if line.startswith("+++")}
    assert changed == {change.file for change in exhibit.changes}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Change("config/settings.py", "", "GONE ="), "there once, but occurs 0 times"),
        (Change("chat/gone.py", "", "GONE ="), "chat/gone.py"),
        (Change("chat/groups.py", "", "room"), "but occurs 7 times"),
        (Change("chat/groups.py", "GONE = 1"), "already has that file"),
    ],
)
def test_a_change_that_does_not_fit_any_more_says_so(tmp_path, change, says):
    with pytest.raises(CourseError, match=re.escape(says)):
        replace(find("no-layer"), changes=[change]).copy(tmp_path)


def test_what_is_not_printed_is_missed(monkeypatch):
    monkeypatch.setattr("course.breaks.stage.PATIENCE", 1)
    with pytest.raises(CourseError, match="(?s)should have been printed.*no such line"):
        play(replace(find("daphne-last"), says=["no such line"]))


# ---- The verb ----------------------------------------------------------------------------


def course_break(*words, code=0, **env):
    """Type `python3 -m course break …`; return what it prints."""
    result = subprocess.run(
        [*BREAK, *words],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout + result.stderr


def test_without_a_name_the_breaks_are_listed():
    printed = course_break()
    names = re.findall(r"^  ([\w-]+)  ", printed, re.MULTILINE)
    assert names == [exhibit.name for exhibit in PLAYABLE]


def test_a_break_shows_the_change_what_comes_why_and_what_to_do(tmp_path):
    before = [compare.files_of(step) for step in load_steps()]
    printed = course_break("no-layer", TMPDIR=str(tmp_path))
    exhibit = find("no-layer")
    shown = [
        "-CHANNEL_LAYERS = {\n+CHANNEL_LAYER = {",
        "Ana opens ws://127.0.0.1:",
        in_full(exhibit.gets[0]),
        'File "steps/03-inmemory-layer/chat/consumers.py", line',
        exhibit.says[0],
        "`self.channel_layer` is `None`",
        exhibit.fix,
        "/errors.html#no-layer",
    ]
    places = [printed.index(text) for text in shown]
    assert places == sorted(places)
    # Nothing is left, and the person's files are as they were.
    assert list(tmp_path.iterdir()) == []
    assert before == [compare.files_of(step) for step in load_steps()]


def test_with_keep_the_broken_copy_runs_until_ctrl_c(tmp_path):
    command = [*BREAK, "group-name", "--keep"]
    env = {"TMPDIR": str(tmp_path)}
    printed = []
    with Process("break", command, ROOT, tmp_path / "log", env, printed.append) as tool:
        tool.wait_until(lambda: "Ctrl-C stops everything." in printed)
        (address,) = re.findall(r"^  (http://\S+/chat/\S+)$", "\n".join(printed), re.M)
        assert address.endswith("/chat/caf%C3%A9/")
        tool.wait_until(lambda: answers(address))
        tool.popen.send_signal(signal.SIGINT)
        assert tool.popen.wait(30) == 0
        assert not answers(address)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_with_keep_and_no_server_it_ends():
    assert "No server runs" in course_break("daphne-last", "--keep")


def test_an_unknown_name_is_answered_with_the_known_ones():
    printed = course_break("bia", code=1)
    assert 'There is no break "bia". There are: no-table, port-busy' in printed


def test_what_cannot_be_shown_says_why_and_what_to_do():
    printed = course_break("zsh-brackets", code=1)
    assert "cannot be shown: it takes zsh" in printed
    assert "python -m pip install 'channels[daphne]'" in printed


def test_the_verb_needs_no_more_than_running_does():
    others = ["websockets", "httpx", "playwright", "pytest", "uvicorn", "matplotlib"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({others}));"
        "from course.breaks.command import show; sys.exit(show('daphne-last', False))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert result.returncode == 0, result.stderr


# ---- The page ----------------------------------------------------------------------------

PAGE = (SOURCES / "errors.md").read_text("utf-8")


@pytest.fixture(scope="module")
def page():
    """The page of the museum as Markdown."""
    return "\n".join(expanded(PAGE.splitlines()))


def test_the_page_has_every_exhibit_once_and_in_the_order_of_the_steps(page):
    headings = re.findall(r"^### .* \{ #([\w-]+) \}$", page, re.MULTILINE)
    assert headings == [exhibit.name for exhibit in EXHIBITS]


def test_the_browser_is_offered_before_the_page_says_what_happens(page):
    link = r"^\[Break it in your browser\]\(playground/index\.md\?break=([\w-]+)\)$"
    entry = r"(?ms)^### .*? \{ #([\w-]+) \}$(.*?)(?=^##|\Z)"
    offered = set()
    for name, text in re.findall(entry, page):
        if found := re.search(link, text, re.MULTILINE):
            assert found[1] == name
            offered.add(name)
            answer = re.search(r"^\*\*(What people see:|Cause\.)\*\*", text, re.M)
            assert found.start() < answer.start(), name
    assert offered == {one.name for one in EXHIBITS} & set(names()["break"])


@each
def test_an_exhibit_has_a_break_or_says_why_not(exhibit):
    assert bool(exhibit.scene) != bool(exhibit.absent)
    assert exhibit.scene in {"", *SCENES}


def test_every_scene_is_played():
    assert {exhibit.scene for exhibit in PLAYABLE} == set(SCENES)


def test_the_search_of_the_site_finds_the_messages(site):
    parts = {part["location"]: part["text"] for part in search_index(site)}
    for exhibit in EXHIBITS:
        text = parts[f"errors.html#{exhibit.name}"]
        text = html.unescape(re.sub("<[^>]+>", "", text))
        for message in [*exhibit.says, *exhibit.also]:
            assert message in text


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("::: museum 06", 'no section "06"'),
        ("::: error gone", 'no break "gone"'),
        ("::: closing gone", 'no table "gone"'),
    ],
)
def test_what_is_not_there_stops_the_build(line, complaint):
    with pytest.raises(CourseError, match=re.escape(complaint)):
        list(expanded([line]))


def test_a_page_over_https_says_what_the_museum_says_of_mixed_content(browser):
    """The browser believes that it is on the web; no address is looked up."""
    exhibit = find("mixed-content")
    with closing(browser.new_context()) as context:
        context.route(
            "**/*", lambda route: route.fulfill(body="", content_type="text/html")
        )
        page = context.new_page()
        said = console_of(page)
        page.goto("https://chat.example.org/")
        error = page.evaluate(
            """() => {
              try { new WebSocket("ws://chat.example.org/ws/chat/class/"); }
              catch (error) { return String(error); }
            }"""
        )
        assert said.at_least(len(exhibit.says)) == exhibit.says
    assert error == exhibit.also[0]
