"""The screen with the keys: an exercise, checked at each save.

It runs in the terminal, on Textual (textual.textualize.io). Everything but the drawing is
in `words` and `work`, which the plain commands use too.
"""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

from rich.markup import escape
from rich.text import Text
from textual import work as worker
from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Label, ListItem, ListView, Markdown, Static
from watchfiles import awatch

from course.errors import CourseError
from course.exercise import checking, serving
from course.exercise.catalogue import Exercise, load_tracks
from course.exercise.copies import LEFT_BEHIND, shown
from course.exercise.words import (
    counted,
    heading,
    lines_of,
    question_before_reset,
    questions_before_solution,
    row,
    total_of,
)
from course.exercise.work import Work
from course.run import open_browser

WIDE = 120  # columns; from here on, two texts fit side by side
AGAIN = 1  # seconds between two looks for a folder that is gone
MOST_LINES = 200  # of the server's output


class Reading(ModalScreen):
    """A text over everything, until Escape."""

    BINDINGS = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
    ]

    def __init__(self, title: str, *columns: object) -> None:
        super().__init__()
        self.heading = title
        self.columns = columns

    def compose(self) -> ComposeResult:
        """Draw the texts side by side, or one below the other if there's little room."""
        keys = "[dim](↑ ↓ scroll, Esc closes)[/dim]"
        yield Label(f"{self.heading}   {keys}", classes="heading")
        if self.app.size.width >= WIDE:
            with Horizontal():
                for column in self.columns:
                    with VerticalScroll(classes="column"):
                        yield Static(column)
        else:
            with VerticalScroll():
                for column in self.columns:
                    yield Static(column, classes="column")


class Question(ModalScreen[bool]):
    """A question with two answers; no answer is no."""

    BINDINGS = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        """Draw the question."""
        with VerticalScroll(id="question"):
            yield Static(f"{escape(self.text)}\n\n[b]y[/b] yes   [b]n[/b] no")

    def action_answer(self, answer: bool) -> None:
        """Give the answer."""
        self.dismiss(answer)


class Exercises(ModalScreen[str | None]):
    """The list of all exercises, to choose one from."""

    BINDINGS = [Binding("escape,q,l", "dismiss", "Close")]

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work

    def compose(self) -> ComposeResult:
        """Draw the list, with the current exercise chosen."""
        exercises = {one.name: one for one in self.work.exercises}
        width = max(map(len, exercises))
        items, at = [], 0
        for track in load_tracks():
            if track.exercises:
                title = Label(f"\n[b]{escape(track.name)}  {escape(track.title)}[/b]")
                items.append(ListItem(title, disabled=True))
            for name in track.exercises:
                if name == self.work.progress.current:
                    at = len(items)
                line = Label(escape(row(self.work, exercises[name], width)))
                items.append(ListItem(line, name=name))
        solved = f"{self.work.solved_count()} of {len(exercises)} solved"
        keys = "[dim](Enter starts one, Esc closes)[/dim]"
        yield Label(f"{solved}   {keys}", classes="heading")
        yield ListView(*items, initial_index=at)

    def on_list_view_selected(self, event: ListView.Selected) -> None:
        """Go to the chosen exercise."""
        self.dismiss(event.item.name)


class Screen(App[int]):
    """An exercise: its task, its checks after each save, and the keys."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #body { padding: 0 1; height: auto; max-height: 55%; }
    #status { padding: 0 1; background: $boost; width: 100%; }
    #below { padding: 0 1; height: 1fr; min-height: 3; }
    #heading, .heading { padding: 0 1; background: $boost; width: 100%; text-style: bold; }
    #results { padding: 0 1; }
    #said { padding: 0 1; color: $text-muted; }
    #hints, #task, #reason { margin: 0; padding: 0 1; }
    .column { padding: 0 1; margin-bottom: 1; }
    ModalScreen { background: $background; }
    Question { align: center middle; }
    #question { width: 70%; max-width: 80; height: auto; border: solid $warning; padding: 1 2; }
    """
    BINDINGS = [
        Binding("h", "hint", "hint"),
        Binding("t", "trace", "trace"),
        Binding("o", "open", "open"),
        Binding("d", "diff", "diff"),
        Binding("s", "solution", "solution"),
        Binding("r", "reset", "reset"),
        Binding("n", "next", "next"),
        Binding("l", "list", "list"),
        Binding("p", "printed", "output", show=False),
        Binding("c", "check", "check", show=False),
        Binding("q,ctrl+c", "quit", "quit"),
    ]

    def __init__(self, work: Work, exercise: Exercise, said: list[str]) -> None:
        super().__init__()
        self.work = work
        self.exercise = exercise
        self.said = said
        self.outcome: checking.Outcome | None = None
        self.running: checking.Run | None = None
        self.server: tuple[object, str] | None = None
        self.printed: list[str] = []  # by the server
        self.stack = contextlib.ExitStack()  # what ends with this exercise
        self.env: dict[str, str] = {}  # of the checks; empty if they can't run
        self.saves = 0
        self.checked = 0  # the number of the save that was checked last

    # ---- Drawing ---------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Draw the task above and the checks below, each with a scrollbar of its own.

        So a save always shows how it went, however long the task is.
        """
        yield Static(id="heading")
        with VerticalScroll(id="body"):
            yield Markdown(id="task")
            yield Markdown(id="hints")
        yield Static(id="status")
        with VerticalScroll(id="below"):
            yield Markdown(id="reason")
            yield Static(id="results")
            yield Static(id="said")
        yield Footer()

    def on_mount(self) -> None:
        """Begin, and end cleanly when the terminal or the system says so."""
        if os.name != "nt":
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.action_quit_now)
        self.begin(self.exercise, self.said)

    def begin(self, exercise: Exercise, said: list[str]) -> None:
        """Show an exercise and check it."""
        self.workers.cancel_all()
        self.stop()
        self.exercise = exercise
        self.said = said
        self.copy = self.work.copy_of(exercise)
        self.outcome = None
        self.env = {}
        self.server = None
        self.printed = []
        self.draw_task()
        self.query_one("#status", Static).update("")
        self.query_one("#results", Static).update("")
        self.query_one("#reason", Markdown).update("")
        self.say(said)
        try:
            self.env = self.stack.enter_context(checking.environment_for(exercise))
        except CourseError as problem:
            self.query_one("#status", Static).update(
                "[b]The checks can't run.[/b]  c tries again."
            )
            self.query_one("#results", Static).update(escape(f"✗ {problem}"))
            return
        self.watch_copy()
        self.saved()

    def draw_task(self) -> None:
        """Draw what stays the same while the student works."""
        head = f"{self.exercise.name}: {heading(self.exercise)}"
        where = f"Your copy: {shown(self.copy.folder)}"
        if self.exercise.kind != "fix":  # there, to find the place is half of the task
            where += f"   Write in {', '.join(self.exercise.files)}"
        self.query_one("#heading", Static).update(escape(f"{head}\n{where}"))
        self.query_one("#task", Markdown).update(self.copy.filled(self.exercise.task))
        self.draw_hints()
        self.query_one("#body", VerticalScroll).scroll_home(animate=False)

    def draw_hints(self) -> AwaitComplete:
        """Draw the hints that are open."""
        count = self.work.progress.of(self.exercise.name).hints
        hints = self.exercise.hints[:count]
        total = len(self.exercise.hints)
        text = "\n\n".join(
            f"**Hint {number} of {total}.** {self.copy.filled(hint)}"
            for number, hint in enumerate(hints, 1)
        )
        return self.query_one("#hints", Markdown).update(text)

    def draw_results(self) -> None:
        """Draw how the checks went: the first failure first."""
        outcome = self.outcome
        styles = {"✓": "green", "✗": "bold red", "·": "dim", "!": "yellow"}
        text = Text()
        for line in lines_of(outcome):
            text.append(f"{line}\n", styles.get(line[0], ""))
        if outcome.printed.strip():
            lines = counted(len(outcome.printed.splitlines()), "line")
            text.append(f"Your code printed {lines}: p shows them.\n", "dim")
        self.query_one("#results", Static).update(text)
        solved = outcome.is_solved
        self.query_one("#reason", Markdown).update(self.exercise.reason * solved)
        self.query_one("#below", VerticalScroll).scroll_home(animate=False)
        self.draw_status()

    def draw_status(self) -> None:
        """Draw how many checks pass, and which key helps now."""
        outcome = self.outcome
        text = Text(f"{total_of(outcome)}  ({time.strftime('%H:%M:%S')})", "bold")
        if outcome.is_solved:
            text.append("  n goes on to the next exercise.")
        elif outcome.first_failure:
            text.append("  t shows the traceback, h a hint.", "not bold dim")
        self.query_one("#status", Static).update(text)

    def say(self, lines: list[str]) -> None:
        """Show sentences below the checks."""
        self.query_one("#said", Static).update(escape("\n".join(lines)))

    def say_in_sight(self, lines: list[str]) -> None:
        """Show sentences below the checks, and scroll to them."""
        self.say(lines)
        below = self.query_one("#below", VerticalScroll)
        self.call_after_refresh(below.scroll_end, animate=False)

    # ---- Checking ------------------------------------------------------------------------

    @worker(exclusive=True, group="watching")
    async def watch_copy(self) -> None:
        """Check at each save, even if the folder is deleted and comes back."""
        while True:
            # No event tells when a folder is made.
            while not self.copy.folder.is_dir():  # noqa: ASYNC110
                await asyncio.sleep(AGAIN)
            self.saved()
            with contextlib.suppress(OSError, RuntimeError):
                async for _ in awatch(
                    self.copy.folder, watch_filter=self.is_work, debounce=200, step=50
                ):
                    self.saved()
                    if not self.copy.folder.is_dir():
                        break
            await asyncio.sleep(0.1)

    def is_work(self, change: object, path: str) -> bool:
        """Tell whether a changed file is the student's, not one that a server writes."""
        inside = os.path.relpath(path, self.copy.folder)
        is_left_behind = not LEFT_BEHIND.isdisjoint(Path(inside).parts)
        return not is_left_behind and ".sqlite3" not in Path(path).name

    def saved(self) -> None:
        """Note a save; check it, unless a running check will be followed by another."""
        if not self.env:  # there is no Redis
            return
        self.saves += 1
        if self.running is None:
            self.check_copy()

    @worker(group="checking")
    async def check_copy(self) -> None:
        """Run the checks in a thread until the last save is checked."""
        while self.checked != self.saves:
            self.checked = self.saves
            run = self.running = self.work.run(self.exercise, self.env)
            self.query_one("#status", Static).update("[b]Checking …[/b]")
            try:
                outcome = await asyncio.to_thread(run.outcome)
            finally:
                run.stop()
                if self.running is run:
                    self.running = None
            self.work.note(self.exercise, outcome)
            self.outcome = outcome
            self.draw_results()
            self.say(self.said_now(outcome))

    def said_now(self, outcome: checking.Outcome) -> list[str]:
        """Return what to say below the results."""
        lines = list(self.said)
        if not self.copy.folder.is_dir():
            lines = [f"{shown(self.copy.folder)} is gone. r creates a new copy."]
        if self.server:
            lines.append(
                f"The chat: {self.server[1]}  (p shows what its server prints)"
            )
        return lines

    # ---- The keys ---------------------------------------------------------------------------

    def action_check(self) -> None:
        """Check now; if the checks couldn't run without a Redis, look for one again."""
        if self.env:
            self.saved()
        else:
            self.begin(self.exercise, self.said)

    async def action_hint(self) -> None:
        """Show one more hint."""
        if self.work.next_hint(self.exercise) is None:
            more = " s shows our solution." if self.exercise.solution else ""
            self.notify(f"That was the last hint.{more}")
        await self.draw_hints()
        body = self.query_one("#body", VerticalScroll)
        self.call_after_refresh(body.scroll_end, animate=False)

    def action_trace(self) -> None:
        """Show the traceback of the first failure."""
        failed = self.outcome.first_failure if self.outcome else None
        if failed is None:
            self.notify("No check has failed.")
            return
        self.push_screen(Reading(escape(failed.says), Text(failed.trace)))

    def action_printed(self) -> None:
        """Show what the solution printed, and what the server of the chat prints."""
        said = self.outcome.printed if self.outcome else ""
        server = "\n".join(self.printed[-MOST_LINES:])
        self.push_screen(
            Reading(
                "What your code and the server printed",
                Text(f"During the checks:\n\n{said or 'Nothing.'}"),
                Text(f"The chat's server:\n\n{server or 'Nothing.'}"),
            )
        )

    def action_diff(self) -> None:
        """Show what the student changed."""
        self.push_screen(Reading("What you changed", diff_text(self.copy.changed())))

    @worker(exclusive=True, group="asking")
    async def action_solution(self) -> None:
        """Show our solution beside the student's, after asking twice."""
        if not self.exercise.solution:
            self.notify("There's no published solution: it's yours to find.")
            return
        entry = self.work.progress.of(self.exercise.name)
        if not entry.solved:
            for question in questions_before_solution(self.exercise, entry.hints):
                if not await self.ask(question):
                    return
            self.work.note_solution_seen(self.exercise)
        mine, ours = self.copy.changed(), self.copy.solution()
        self.push_screen(
            Reading(
                "Your changes and our solution",
                diff_text(
                    ["Your changes", "", *mine]
                    if mine
                    else ["You haven't changed anything yet."]
                ),
                diff_text(["Our solution", "", *ours, "", self.exercise.reason]),
            )
        )

    @worker(exclusive=True, group="asking")
    async def action_reset(self) -> None:
        """Put the copy aside and begin again, after asking."""
        place = shown(self.copy.folder)
        if not await self.ask(question_before_reset(self.exercise, place)):
            return
        # On Windows, a folder that is watched or served can't be moved.
        self.workers.cancel_group(self, "watching")
        self.stop()
        try:
            said = self.work.reset(self.exercise)
        except CourseError as problem:
            said = str(problem).splitlines()
        self.call_later(self.begin, self.exercise, said)

    async def ask(self, text: str) -> bool:
        """Return whether the student says yes."""
        return bool(await self.push_screen_wait(Question(text)))

    def action_next(self) -> None:
        """Go on to the next unsolved exercise."""
        self.go_to(self.work.after(self.exercise))

    def action_list(self) -> None:
        """Let the student choose an exercise."""
        self.push_screen(Exercises(self.work), self.chosen)

    def chosen(self, name: str | None) -> None:
        """Go to the exercise that was chosen from the list."""
        if name:
            self.go_to(next(one for one in self.work.exercises if one.name == name))

    def go_to(self, exercise: Exercise) -> None:
        """Start an exercise, or go on with it."""
        self.begin(exercise, self.work.start(exercise))

    @worker(thread=True, exclusive=True, group="serving")
    def action_open(self) -> None:
        """Serve the copy, once, and open it in the browser."""
        if self.server and not self.server[0].has_ended():
            open_browser(self.server[1], True)
            return
        self.call_from_thread(self.say_in_sight, ["Starting the chat …"])
        try:
            env = self.env or dict(os.environ)
            made = serving.serving(self.copy, env, self.printed.append)
            self.server = self.stack.enter_context(made)
        except CourseError as problem:
            self.server = None
            self.call_from_thread(self.say_in_sight, str(problem).splitlines())
            return
        open_browser(self.server[1], True)
        said = self.said_now(self.outcome or checking.Outcome())
        self.call_from_thread(self.say_in_sight, said)

    # ---- The end --------------------------------------------------------------------------

    def action_quit_now(self) -> None:
        """End, because the system asks."""
        self.exit(0)

    async def action_quit(self) -> None:
        """End, because the student asks."""
        self.exit(0)

    def on_unmount(self) -> None:
        """Leave nothing running."""
        self.stop()

    def stop(self) -> None:
        """End the checks, the server and the Redis of this exercise."""
        if self.running is not None:
            self.running.stop()
            self.running = None
        self.stack.close()


def diff_text(lines: list[str]) -> Text:
    """Return a diff in its colours."""
    styles = {"+++": "bold", "---": "bold", "+": "green", "-": "red", "@": "cyan"}
    text = Text()
    for line in lines or ["You haven't changed anything yet."]:
        style = styles.get(line[:3]) or styles.get(line[:1], "")
        text.append(f"{line}\n", style)
    return text
