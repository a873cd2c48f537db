"""The screen with the keys: a student edits a file, and reads how the checks go."""

import asyncio
import os
import signal
import sys
import time
from contextlib import asynccontextmanager

import pytest

from course.exercise import catalogue, copies, serving
from course.exercise.progress import load
from course.exercise.screen import Screen
from course.exercise.work import Work
from course.steps import ROOT

NAME = "03-typing"
FILE = "chat/consumers.py"
HINTS = len(catalogue.find(NAME).hints)
PATIENCE = 60  # seconds; a busy machine takes a while for a run


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder in the place of my-work/, and no browser that opens."""
    monkeypatch.setenv("EXERCISE_PATIENCE", "0.4")
    opened = []
    monkeypatch.setattr(
        "course.exercise.screen.open_browser", lambda url, wanted: opened.append(url)
    )
    work = Work(tmp_path / "my-work")
    work.opened = opened
    return work


@asynccontextmanager
async def at_work(work, name=NAME, size=(100, 60)):
    """Start the screen at an exercise; give what types keys, and the screen."""
    exercise = catalogue.find(name)
    screen = Screen(work, exercise, work.start(exercise))
    async with screen.run_test(size=size) as pilot:
        yield pilot, screen


def texts(screen):
    """Return everything that can be read now."""
    shown = []
    for widget in screen.screen.query("Static, Label"):
        shown.append(str(widget.render()))
    for widget in screen.screen.query("Markdown"):
        shown.append(widget.source or "")
    return "\n".join(shown)


async def until(screen, *expected):
    """Return what can be read, once all of it is there."""
    await happens(
        lambda: all(one in texts(screen) for one in expected),
        lambda: f"{expected} isn't in:\n{texts(screen)}",
    )
    return texts(screen)


async def happens(condition, otherwise=lambda: "it never happened"):
    """Wait until a condition is true."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, otherwise()
        await asyncio.sleep(0.05)


def edit(work, old, new):
    """Change the student's file, as an editor does at a save."""
    path = work.folder / NAME / FILE
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


async def test_a_student_saves_reads_saves_again_and_solves_it(work):
    async with at_work(work) as (pilot, screen):
        said = await until(screen, "checks pass.", "While Ana types")
        assert said.index("✗") < said.index("✓"), "the first failure comes first"
        edit(work, "async def receive(self", "async def receive)self")
        await until(screen, "unmatched ')'.")
        edit(work, "async def receive)self", "async def receive(self")
        await until(screen, "checks pass.")
        one = catalogue.find(NAME)
        copies.apply(one.right[one.solution], work.folder / NAME)
        await until(screen, "Solved: all", "n goes on", one.reason)
        await pilot.press("q")
    assert load(work.folder / "progress.json").of(NAME).solved


async def test_the_keys_show_hints_the_traceback_and_what_has_changed(work):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        await pilot.press("h")
        await until(screen, f"**Hint 1 of {HINTS}.**")
        await pilot.press("h")
        await until(screen, f"**Hint 2 of {HINTS}.**")
        await pilot.press("t")
        await until(screen, "Traceback (most recent call last):")
        await pilot.press("escape")
        await until(screen, "checks pass.")
        await pilot.press("d")
        await until(screen, "You haven't changed anything yet.")
        await pilot.press("escape")
        await until(screen, "checks pass.")
        edit(work, "class ChatConsumer", "# mine\nclass ChatConsumer")
        await pilot.press("d")
        await until(screen, "+# mine")
        await pilot.press("escape")
        await until(screen, "checks pass.")
        await pilot.press("p")
        await until(screen, "During the checks:")


async def test_the_solution_comes_after_two_questions_only(work):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        await pilot.press("s")
        await until(screen, f"{HINTS} more hints. Show our solution of {NAME}?")
        await pilot.press("n")
        await until(screen, "checks pass.")
        await pilot.press("s")
        await until(screen, f"Show our solution of {NAME}?")
        await pilot.press("y")
        await until(screen, "Really show it?")
        await pilot.press("escape")
        await until(screen, "checks pass.")
        assert not work.progress.of(NAME).seen_solution
        await pilot.press("s")
        await until(screen, f"Show our solution of {NAME}?")
        await pilot.press("y")
        await until(screen, "Really show it?")
        await pilot.press("y")
        await until(screen, "Our solution", "+    async def chat_typing")
        assert work.progress.of(NAME).seen_solution


async def test_a_reset_puts_the_copy_aside(work):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        edit(work, "TODO", "DONE")
        await pilot.press("r")
        await until(screen, "aside, and start again?")
        await pilot.press("y")
        await until(screen, "Your old copy:", "checks pass.")
    assert "TODO" in (work.folder / NAME / FILE).read_text("utf-8")
    (aside,) = (work.folder / copies.ASIDE).iterdir()
    assert "DONE" in (aside / FILE).read_text("utf-8")


async def test_the_next_exercise_and_any_from_the_list(work):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        follower = work.after(catalogue.find(NAME))
        await pilot.press("n")
        await until(screen, f"{follower.name}: {follower.title}")
        assert (work.folder / follower.folder).is_dir()
        await pilot.press("l")
        await until(screen, f"0 of {len(work.exercises)} solved", "Esc closes")
        view = screen.screen.query_one("ListView")
        await happens(lambda: view.has_focus and view.index is not None)
        view.index = 1
        await pilot.press("enter")
        await until(screen, f"{work.exercises[0].name}: {work.exercises[0].title}")
    assert load(work.folder / "progress.json").current == work.exercises[0].name


async def test_a_deleted_folder_is_said_and_watched_again_once_it_is_back(work):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        folder = work.folder / NAME
        folder.rename(folder.with_name("elsewhere"))
        await until(screen, "is gone. r creates a new copy.")
        folder.with_name("elsewhere").rename(folder)
        await until(screen, "checks pass.")
        edit(work, "async def receive(self", "async def receive)self")
        await until(screen, "unmatched ')'.")


async def test_a_loop_that_never_ends_neither_freezes_the_keys_nor_outlives_the_screen(
    work,
):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        edit(work, "            message = read_message", "            while 1: pass\n#")
        await until(screen, "Checking …")
        await pilot.press("h")
        await until(screen, f"**Hint 1 of {HINTS}.**")
        run = screen.running
        await pilot.press("q")
    assert run is None or run.process is None or run.process.poll() is not None


async def test_the_copy_opens_in_the_browser_and_is_served_until_the_end(work):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        await pilot.press("o")
        await until(screen, "The chat: http://127.0.0.1:")
        process, url = screen.server
        assert work.opened == [url]
        assert await asyncio.to_thread(serving.servers.answers, url)
        await pilot.press("o")
        await asyncio.sleep(0)
        assert screen.server[0] is process, "one server is enough"
    assert process.has_ended()


async def test_a_copy_that_cannot_start_says_why_instead_of_opening(work):
    async with at_work(work) as (pilot, screen):
        await until(screen, "checks pass.")
        edit(work, "from chat.groups import", "from chat.grupos import")
        await until(screen, "No module named 'chat.grupos'")
        await pilot.press("o")
        said = await until(
            screen, "The chat can't start:", "ModuleNotFoundError: No mod"
        )
        assert "consumers.py" in said
        assert "site-packages" not in said
        assert work.opened == []


async def test_a_narrow_terminal_shows_one_column_and_a_wide_one_two(work):
    for size, kind in ((60, 30), "VerticalScroll"), ((160, 40), "Horizontal"):
        async with at_work(work, size=size) as (pilot, screen):
            await until(screen, "checks pass.")
            work.progress.of(NAME).solved = 1.0
            await pilot.press("s")
            await until(screen, "Our solution")
            columns = screen.screen.query(".column")
            assert len(columns) == 2
            assert type(columns.first().parent).__name__ == kind


async def test_the_checks_stay_in_sight_in_a_small_terminal(work):
    """However long the task and the hints are, a save shows how it went."""
    async with at_work(work, size=(80, 24)) as (pilot, screen):
        await until(screen, "checks pass.")
        for _ in range(HINTS):
            await pilot.press("h")
        await until(screen, f"**Hint {HINTS} of {HINTS}.**")
        body, below = screen.query_one("#body"), screen.query_one("#below")
        # The task and the hints are too long for this, and the last hint is in sight.
        await happens(lambda: 0 < body.max_scroll_y == body.scroll_y)
        assert below.size.height >= 4
        assert below.scroll_y == 0, "the first failure is in sight"
        assert below.region.bottom < 24


async def test_without_redis_c_tries_again_and_nothing_runs_until_there_is_one(
    work, monkeypatch
):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    needs = next(one for one in catalogue.load() if "redis" in one.needs)
    async with at_work(work, needs.name) as (pilot, screen):
        await until(screen, "The checks can't run.", "127.0.0.1:1")
        screen.saved()
        assert screen.running is None
        monkeypatch.delenv("REDIS_URL")
        await pilot.press("c")
        await until(screen, "checks pass.")


# ---- In a real terminal --------------------------------------------------------------------------

in_a_terminal = pytest.mark.skipif(os.name == "nt", reason="Windows has no pty")
ENDS_OF_A_TERMINAL = ["SIGTERM", "SIGHUP"]


@pytest.fixture
def terminal(tmp_path):
    """Start `course exercise` in a terminal of its own, and end it."""
    import pexpect

    env = os.environ | {
        "COURSE_WORK": str(tmp_path / "my-work"),
        "EXERCISE_PATIENCE": "0.4",
        "TERM": "xterm-256color",
    }
    child = pexpect.spawn(
        sys.executable,
        ["-m", "course", "exercise", NAME],
        env=env,
        cwd=ROOT,
        dimensions=(50, 100),
        timeout=PATIENCE,
        encoding="utf-8",
    )
    child.expect("checks pass")

    def wait_for_the_end():
        child.expect(pexpect.EOF)
        child.close()

    child.wait_for_the_end = wait_for_the_end
    yield child
    child.close(force=True)


@in_a_terminal
def test_q_ends_it(terminal):
    terminal.send("q")
    terminal.wait_for_the_end()
    assert terminal.exitstatus == 0


@in_a_terminal
@pytest.mark.parametrize("name", ENDS_OF_A_TERMINAL)
def test_a_closed_terminal_ends_it_cleanly(terminal, name):
    os.kill(terminal.pid, getattr(signal, name))
    terminal.wait_for_the_end()
    assert terminal.signalstatus is None


@in_a_terminal
def test_killed_midway_it_goes_on_where_it_was(terminal, tmp_path):
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.wait_for_the_end()
    work = Work(tmp_path / "my-work")
    assert work.next_one().name == NAME
    assert work.progress.of(NAME).runs >= 1
    assert not work.progress.warning
