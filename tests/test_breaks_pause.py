"""`course break NAME --pause`: a class predicts first, and reads the result from the back."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

import pytest

from course.breaks import cards
from course.breaks.cards import BOLD, GAP, Row
from course.breaks.exhibits import find, in_full, load
from course.breaks.lecture import CHANGE, PREDICTION, RESULT, WHY, Lecture
from course.breaks.terminal import Terminal
from course.processes import is_listening
from course.steps import ROOT

WIDTH, ROOM = 78, 20  # of an 80×24 terminal, without margins, heading and keys
PLAYABLE = [exhibit for exhibit in load() if exhibit.scene]
BREAK = ["-m", "course", "break"]

each = pytest.mark.parametrize("exhibit", PLAYABLE, ids=lambda exhibit: exhibit.name)


# ---- The questions -----------------------------------------------------------------------


@each
def test_each_break_asks_for_a_prediction_with_one_right_answer(exhibit):
    assert exhibit.does
    assert exhibit.ask.endswith("?")
    assert 2 <= len(set(exhibit.choices)) == len(exhibit.choices) <= 4
    assert exhibit.right in exhibit.lettered
    # A status or a close code in the right answer is the one that people get.
    right = exhibit.lettered[exhibit.right]
    for number in re.findall(r"\b\d{3,}\b", right):
        if number != "100":  # of 150, about
            assert number in " ".join(exhibit.gets)


@each
def test_no_question_gives_its_answer_away(exhibit):
    before = f"{exhibit.does} {exhibit.ask}".lower()
    for text in [exhibit.title, *exhibit.says, *exhibit.gets]:
        assert text.lower() not in before
    assert exhibit.lettered[exhibit.right].lower() not in before


def test_no_letter_is_a_good_guess():
    letters = Counter(exhibit.right for exhibit in PLAYABLE)
    assert max(letters.values()) < 0.4 * len(PLAYABLE)


# ---- The screens -------------------------------------------------------------------------


@pytest.fixture
def lecture(exhibit, tmp_path):
    """A break that has run: it has printed what the museum says, among much else."""
    lecture = Lecture(exhibit)
    lecture.stage = SimpleNamespace(folder=exhibit.copy(tmp_path))
    lecture.outcomes = exhibit.gets
    noise = [f"GET /static/chat/{number}.js 200" for number in range(30)]
    lecture.printed = [*noise, *exhibit.says, *noise]
    return lecture


def text_of(rows):
    """Return rows as a text whose lines aren't wrapped."""
    return " ".join(" ".join(row.text for row in rows).split())


@each
def test_on_a_small_terminal_each_part_is_one_screen(lecture, exhibit):
    for part in (CHANGE, PREDICTION, RESULT):
        rows = lecture.rows(part, WIDTH, ROOM)
        assert len(cards.pages(rows, ROOM)) == 1, text_of(rows)
    assert len(cards.pages(lecture.rows(WHY, WIDTH, ROOM), ROOM)) <= 2


@each
@pytest.mark.parametrize("width", [38, WIDTH, 158])
def test_no_row_is_wider_than_the_terminal(lecture, exhibit, width):
    for part in (CHANGE, PREDICTION, RESULT, WHY):
        for row in lecture.rows(part, width, ROOM):
            assert len(row.text) <= width


@each
def test_the_title_the_name_and_the_result_are_hidden_before_the_run(lecture, exhibit):
    lecture.outcomes, outcomes = None, lecture.outcomes
    for part in (CHANGE, PREDICTION):
        shown = f"{lecture.heading(part)} {text_of(lecture.rows(part, WIDTH, ROOM))}"
        assert exhibit.title not in shown
        assert not lecture.heading(part).startswith(exhibit.name)
        assert not any(in_full(outcome) in shown for outcome in outcomes)


@each
def test_the_result_names_the_error_what_people_get_and_the_line_that_says_it(
    lecture, exhibit
):
    rows = lecture.rows(RESULT, WIDTH, ROOM)
    shown = text_of(rows)
    assert lecture.heading(RESULT).startswith(exhibit.name)
    assert exhibit.title in shown
    assert f"✓ {exhibit.right} " in shown
    for outcome in exhibit.gets:
        assert in_full(outcome) in shown
    for text in exhibit.says:
        assert text in shown
    if not exhibit.says:
        assert "The terminal shows no error." in shown


@each
def test_the_reason_is_that_of_the_museum_without_markup_of_the_site(lecture, exhibit):
    shown = text_of(lecture.rows(WHY, WIDTH, ROOM))
    assert text_of(cards.wrapped(exhibit.why, WIDTH)) in shown
    assert f"/errors.html#{exhibit.name}" in shown
    assert "](" not in shown


def test_a_larger_terminal_shows_more_lines_around_a_change(tmp_path):
    exhibit = find("bad-frames")
    copy = exhibit.copy(tmp_path)
    small, large = (
        cards.change(exhibit, lambda n: exhibit.diff(copy, n), WIDTH, height)
        for height in (ROOM, 50)
    )
    assert len(small) <= ROOM < len(large) <= 50


def test_a_change_that_is_still_too_long_has_pages(tmp_path):
    exhibit = find("bad-frames")
    copy = exhibit.copy(tmp_path)
    rows = cards.change(exhibit, lambda n: exhibit.diff(copy, n), WIDTH, 8)
    pages = cards.pages(rows, 8)
    assert len(pages) > 1
    assert all(len(page) <= 8 for page in pages)
    assert text_of(sum(pages, [])) == text_of(rows)


def test_an_empty_row_is_where_a_page_ends():
    rows = [Row("1"), Row("2"), Row("3"), Row("4"), GAP, Row("5"), Row("6")]
    assert cards.pages(rows, 6) == [rows[:4], rows[5:]]
    assert cards.pages(rows[:4] + rows[5:], 5) == [rows[:4] + rows[5:6], rows[6:]]


def test_of_a_long_traceback_the_end_and_the_step_s_own_line_are_shown():
    noise = ["Starting server"] * 40
    trace = [
        "Traceback:",
        "  …",
        '  File "steps/03/x.py", line 7',
        "    go()",
        "KeyError",
    ]
    rows = cards.excerpt([*noise, *trace, *noise], ["KeyError"], WIDTH, 6)
    assert [row.text for row in rows] == ["…", *trace[2:], "…"]
    assert Row("KeyError", BOLD) in rows


# ---- In a terminal -----------------------------------------------------------------------

in_a_terminal = pytest.mark.skipif(os.name == "nt", reason="Windows has no pty")
ENTER = "\r"


class Projector:
    """A terminal of 80×24 in which `course break … --pause` runs."""

    def __init__(self, *words, **env):
        import pexpect

        self.child = pexpect.spawn(
            sys.executable,
            [*BREAK, *words, "--pause"],
            cwd=ROOT,
            env=os.environ | {"TERM": "xterm-256color"} | env,
            dimensions=(24, 80),
            timeout=60,
            encoding="utf-8",
        )
        self.frames = []

    def until(self, text):
        """Return the first screen from now on that has this text, row by row."""
        while True:
            self.child.expect_exact("\033[J")
            drawn = self.child.before.rpartition("\033[H")[2]
            rows = re.sub(r"\033\[[\d;?]*\w", "", drawn).split("\r\n")
            self.frames.append("\n".join(rows))
            if text in self.frames[-1]:
                return rows

    def press(self, key, text):
        """Press a key, and return the screen with this text that follows."""
        self.child.send(key)
        return self.until(text)

    def end(self):
        """Wait for the end; return the exit code."""
        self.child.expect(self.eof)
        self.child.close()
        return self.child.exitstatus

    @property
    def eof(self):
        """What pexpect calls the end."""
        import pexpect

        return pexpect.EOF


@pytest.fixture
def project(tmp_path):
    """Open such a terminal; close it at the end, whatever has happened."""
    opened = []

    def project(*words, **env):
        opened.append(Projector(*words, TMPDIR=str(tmp_path), **env))
        return opened[-1]

    yield project
    for one in opened:
        one.child.close(force=True)


@in_a_terminal
def test_enter_leads_from_the_change_to_the_reason_and_b_goes_back(project):
    projector = project("no-layer")
    change = projector.until("1/4 The change")
    assert "+ CHANNEL_LAYER = {" in "\n".join(change)
    assert len(change) == 24
    assert all(len(row) <= 80 for row in change)
    projector.press(ENTER, "2/4 Your prediction")
    projector.press("p", "1/4 The change")
    projector.press(" ", "2/4 Your prediction")
    assert not any(find("no-layer").title in frame for frame in projector.frames)
    result = projector.press("\033[6~", find("no-layer").title)  # a clicker's key
    assert "HTTP 500" in "\n".join(result)
    running = [frame for frame in projector.frames if "Running …" in frame]
    assert "A server starts at http://127.0.0.1:" in running[-1]
    projector.press(ENTER, "4/4 Why")
    # To go back doesn't run it again.
    before = len(projector.frames)
    projector.press("\033[5~", "3/4 The result")
    projector.press("p", "2/4 Your prediction")
    projector.press(ENTER, find("no-layer").title)
    assert not any("Running" in frame for frame in projector.frames[before:])
    projector.press("t", "What was done")
    projector.press("q", "t: the whole terminal")
    projector.press(ENTER, "4/4 Why")
    projector.child.send(ENTER)
    assert projector.end() == 0


@in_a_terminal
def test_q_ends_it_and_the_terminal_is_as_before(project, tmp_path):
    projector = project("two-servers")
    projector.until("nothing is changed")
    projector.child.send("q")
    projector.child.expect_exact("\033[?25h\033[?1049l")
    assert projector.end() == 0
    assert list(tmp_path.iterdir()) == []


@in_a_terminal
def test_a_larger_window_is_used_at_once(project):
    projector = project("bad-frames")
    small = projector.until("1/4 The change")
    projector.child.setwinsize(40, 100)
    large = projector.until("1/4 The change")
    assert (len(small), len(large)) == (24, 40)
    assert large[0].endswith("1/4 The change")
    assert len(large[0]) == 99


@in_a_terminal
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stop_while_it_runs_leaves_no_process_and_no_folder(project, tmp_path, name):
    projector = project("killed")  # it runs for eleven seconds
    projector.until("1/4 The change")
    projector.press(ENTER, "2/4 Your prediction")
    projector.press(ENTER, "Daphne waits for ten seconds")
    (port,) = re.findall(r"starts at http://127.0.0.1:(\d+)/", projector.frames[-1])
    assert is_listening(int(port))
    os.kill(projector.child.pid, getattr(signal, name))
    assert projector.end() == 0
    assert not is_listening(int(port))
    assert list(tmp_path.iterdir()) == []


@in_a_terminal
def test_keys_that_are_pressed_while_it_runs_skip_nothing(project):
    projector = project("killed")  # it runs for eleven seconds
    projector.until("1/4 The change")
    projector.press(ENTER, "2/4 Your prediction")
    projector.press(ENTER, "Running …")
    projector.child.send(ENTER * 3)
    projector.until(find("killed").title[:40])
    projector.press("p", "2/4 Your prediction")


@in_a_terminal
def test_with_keep_the_copy_runs_on_after_the_last_screen(project):
    projector = project("group-name", "--keep")
    projector.until("1/4 The change")
    projector.press(ENTER, "2/4 Your prediction")
    projector.press(ENTER, "✓")
    projector.child.send("q")
    projector.child.expect(r"http://127.0.0.1:(\d+)/chat/caf%C3%A9/")
    port = int(projector.child.match[1])
    projector.child.expect_exact("Ctrl-C stops everything.")
    assert is_listening(port)
    projector.child.sendintr()
    assert projector.end() == 0
    assert not is_listening(port)


@in_a_terminal
def test_without_colours_there_are_only_bold_and_dim(project):
    projector = project("no-layer", NO_COLOR="1")
    projector.child.expect_exact("\033[J")
    codes = set(re.findall(r"\033\[(\d+)m", projector.child.before))
    assert codes == {"0", "1", "2"}


@in_a_terminal
def test_a_terminal_that_only_prints_lines_gets_them_all(project):
    projector = project("daphne-last", TERM="dumb")
    projector.child.expect_exact("4/4 Why")
    assert projector.end() == 0


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("\r", "next"),
        ("\xe0Q", "next"),
        ("\xe0I", "back"),
        ("p", "back"),
        ("q", "quit"),
    ],
)
def test_on_windows_the_same_keys_and_clickers_work(monkeypatch, typed, means):
    terminal = on_windows(monkeypatch, typed)
    assert terminal.key() == means


def test_on_windows_ctrl_c_stops(monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        on_windows(monkeypatch, "\x03").key()


def on_windows(monkeypatch, typed):
    """Return a terminal whose keyboard is that of Windows, where these keys are typed."""
    keys = list(typed)
    keyboard = SimpleNamespace(kbhit=lambda: bool(keys), getwch=lambda: keys.pop(0))
    terminal = Terminal()
    terminal.measure()
    monkeypatch.setattr("course.breaks.terminal.msvcrt", keyboard, raising=False)
    monkeypatch.setattr(terminal, "read", terminal.read_on_windows)
    return terminal


# ---- Without a terminal ------------------------------------------------------------------


def printed_by(*words, code=0):
    """Type the command into a pipe; return what it prints."""
    result = subprocess.run(
        [sys.executable, *BREAK, *words],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    assert "Traceback (most" not in result.stderr
    assert result.returncode == code, result.stderr
    return result.stdout + result.stderr


def test_into_a_pipe_the_parts_come_one_after_the_other():
    exhibit = find("daphne-last")
    shown = printed_by("daphne-last", "--pause")
    parts = [
        "1/4 The change",
        '+     "daphne",',
        "2/4 Your prediction",
        exhibit.choices[-1],
        "3/4 The result",
        "$ python manage.py runserver",
        exhibit.title,
        "✓ A   It doesn't start",
        "4/4 Why",
        exhibit.fix,
    ]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    assert "\033" not in shown


@pytest.mark.parametrize("word", ["--pause", "--keep"])
def test_an_option_without_a_name_says_what_is_missing(word):
    shown = printed_by(word, code=1)
    assert f"Try: python3 -m course break no-layer {word}" in shown


def test_the_list_says_what_is_done_and_never_what_comes():
    shown = printed_by()
    for exhibit in PLAYABLE:
        assert f"  {exhibit.does}\n" in shown
        assert exhibit.title not in shown
