"""What scenes play on: a clone of the course, servers at ports that are free, a browser."""

import contextlib
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import sync_playwright

from course import chromium, compare, redis_server, servers
from course.breaks.exhibits import Change
from course.errors import CourseError
from course.processes import free_port
from course.servers import HOST
from course.steps import ROOT, Step, find_step
from tools.record.natural import BROWSER, Natural
from tools.record.people import log_in
from tools.record.pictures import DENSITY
from tools.record.tap import Tap
from tools.record.terminal import Terminal

T = TypeVar("T")

PATIENCE = 20_000  # milliseconds; nothing here takes so long unless it is broken
# The narrowest that has the panel beside the chat: on a phone, a picture of it is still
# readable.
WIDTH, HEIGHT = 640, 480
NARROW = 320  # half of that: the panel is below the chat
WINDOW = {
    "viewport": {"width": WIDTH, "height": HEIGHT},
    "device_scale_factor": DENSITY,
    "locale": "en-GB",
    "user_agent": BROWSER,  # so that its requests are as long everywhere
}

# The colour of a server is made from its port, so it changes along: see page.js.
WRITE_NATURALLY = """texts => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (const text of texts) walker.nextNode().data = text;
  for (const time of document.querySelectorAll("time")) time.textContent = "09:00";
  for (const label of document.querySelectorAll(".server"))
    label.style.setProperty(
      "--hue", Math.round(Number.parseInt(label.textContent, 10) * 137.5) % 360);
}"""
TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode.data);
  return texts;
}"""

# Ports of four digits, like the usual ones: a page that names one is as long as ever.
FOUR_DIGITS = range(7_000, 7_900)

TWO_WINDOWS = """
<style>
  :root { color-scheme: light dark; }
  body { display: flex; gap: 8px; height: 100vh; margin: 0; background: #888; }
  iframe { flex: 1; border: 0; }
</style>
<iframe></iframe><iframe></iframe>"""


class MissingProgram(CourseError):
    """Something that a scene needs is not on this machine."""


class Show:
    """One step that runs, or is about to, in a clone of the course."""

    def __init__(self, step: Step, clone: Path, first: int, count: int) -> None:
        self.step = step
        self.clone = clone
        self.first = first
        self.count = count
        self.ports = [first + index for index in range(count)]
        self.servers = []  # those that run
        self.tap_port = first + count
        usual = {port: step.port + index for index, port in enumerate(self.ports)}
        # What the tool proposes if the port is taken.
        usual[first + 100] = step.port + 100
        self.natural = Natural(usual, clone)

    def anew(self) -> "Show":
        """Return the same for another scene, which has seen no pid yet."""
        return Show(self.step, self.clone, self.first, self.count)

    @property
    def folder(self) -> Path:
        """Where the step lies in the clone."""
        return self.clone / "steps" / self.step.folder

    def address(self, path: str, index: int = 0) -> str:
        """Return the address of a page on one of the servers."""
        return f"http://{HOST}:{self.ports[index]}/{path}"

    def room(self, name: str, index: int = 0) -> str:
        """Return the address of a room on one of the servers."""
        return self.address(f"chat/{name}/", index)


class Stage:
    """Gives scenes what they need, and ends all of it."""

    def __init__(self) -> None:
        self.stack = contextlib.ExitStack()
        self.logs = 0
        self.running: dict[str, Show] = {}

    def __enter__(self) -> "Stage":
        folder = tempfile.TemporaryDirectory(prefix="course-record-")
        self.folder = Path(self.stack.enter_context(folder)).resolve()
        return self

    def __exit__(self, *_) -> None:
        self.stack.close()

    @cached_property
    def redis_url(self) -> str:
        """The URL of a Redis of our own."""
        return self.stack.enter_context(redis_server.started(self.folder))

    @cached_property
    def browser(self):
        """A real Chromium, without a window."""
        program = chromium.find()
        if program is None:
            raise MissingProgram(f"There is no Chromium. {chromium.ADVICE}")
        playwright = self.stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=program, args=chromium.FLAGS
        )
        self.stack.callback(browser.close)
        return browser

    @cached_property
    def context(self):
        """What the windows of most scenes share: the cookies, and nothing else of ours."""
        context = self.browser.new_context(**WINDOW)
        context.set_default_timeout(PATIENCE)
        return context

    @contextlib.contextmanager
    def show(
        self, number: str, count: int = 1, edit: Change | None = None
    ) -> Iterator[Show]:
        """Give a clone of the course in which one step is about to run."""
        step = find_step(number)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            show = Show(step, Path(folder), free_port(count + 1, FOUR_DIGITS), count)
            caches = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "course", show.clone / "course", ignore=caches)
            compare.copy(step, show.folder)
            for name in ("pyproject.toml", "requirements.txt", "steps/steps.toml"):
                shutil.copy(ROOT / name, show.clone / name)
            if edit:
                edit.make(show.folder)
            yield show

    @contextlib.contextmanager
    def served(
        self,
        number: str,
        count: int = 1,
        edit: Change | None = None,
        redis_url: str | None = None,
    ) -> Iterator[Show]:
        """Serve a step; what the servers print is not looked at.

        Without a `redis_url`, a step that needs Redis gets the one of the stage.
        """
        with self.show(number, count, edit) as show:
            url = redis_url or self.redis_url if "redis" in show.step.needs else None
            with servers.serving(
                show.step,
                show.ports,
                logs=self.folder / "logs",
                redis_url=url,
                folder=show.folder,
            ) as show.servers:
                yield show

    def at_hand(self, number: str) -> Show:
        """Return a step that is served for all scenes; for a step that remembers nothing."""
        if number not in self.running:
            show = self.stack.enter_context(self.served(number))
            self.running[number] = show
        return self.running[number].anew()

    def course(self, show: Show, arguments: str, **env: str) -> Terminal:
        """Type `python3 -m course run …`, to be used in a `with` block."""
        typed = f"python3 -m course {arguments}"
        port = f"--port {show.ports[0]} --no-browser"
        command = [sys.executable, "-m", "course", *arguments.split(), *port.split()]
        return Terminal(typed, command, show.clone, show.natural, self.log(), env)

    @contextlib.contextmanager
    def broken(self, number: str, edit: Change, people: int = 1) -> Iterator[tuple]:
        """Run a step with a mistake in it; give the show, its terminal and some windows."""
        with (
            self.show(number, edit=edit) as show,
            self.course(show, f"run {number}") as terminal,
            self.pages(people) as pages,
        ):
            yield show, terminal.started(), pages

    def manage(
        self,
        show: Show,
        arguments: str,
        *more: str,
        python: Sequence[str] = (),
        **env: str,
    ) -> Terminal:
        """Type `python manage.py …` in the folder of the step; `more` is not shown.

        `python` holds options of Python itself.
        """
        typed = " ".join(["python", *python, "manage.py", arguments])
        words = [*python, "manage.py", *shlex.split(arguments), *more]
        command = [sys.executable, *words]
        return Terminal(typed, command, show.folder, show.natural, self.log(), env)

    def ask_redis(self, show: Show, words: str) -> Terminal:
        """Type `python3 -m course redis …`, a command to the Redis of this stage."""
        typed = f"python3 -m course redis {words}"
        command = [sys.executable, "-m", "course", "redis", *shlex.split(words)]
        env = {"REDIS_URL": self.redis_url}
        return Terminal(typed, command, show.clone, show.natural, self.log(), env)

    def log(self) -> Path:
        """Return a file for the output of one more program."""
        self.logs += 1
        return self.folder / f"{self.logs}.log"

    @contextlib.contextmanager
    def pages(
        self,
        count: int = 1,
        *,
        timeless: bool = False,
        width: int = WIDTH,
        height: int = HEIGHT,
    ) -> Iterator[list]:
        """Open so many windows of the browser, each one a person's.

        With `timeless`, time passes in them only when a scene says so.
        """
        with contextlib.ExitStack() as stack:
            context = self.context
            if timeless:
                context = self.browser.new_context(**WINDOW)
                stack.callback(context.close)
                context.set_default_timeout(PATIENCE)
                context.clock.install()
                context.clock.pause_at(time.time() + 1)
            opened = [context.new_page() for _ in range(count)]
            for page in opened:
                stack.callback(page.close)
                page.set_viewport_size({"width": width, "height": height})
            yield opened

    @contextlib.contextmanager
    def accounts(
        self, address: str, *names: str, width: int = NARROW, height: int = HEIGHT
    ) -> Iterator[list]:
        """Open a window for each of these accounts, in a browser of its own, logged in.

        `address` is one that asks for a login first.
        """
        size = {"width": width, "height": height}
        with contextlib.ExitStack() as stack:
            opened = []
            for name in names:
                context = self.browser.new_context(**WINDOW | {"viewport": size})
                stack.callback(context.close)
                context.set_default_timeout(PATIENCE)
                opened.append(context.new_page())
                log_in(opened[-1], address, name)
            yield opened


def retried_if_late(play: Callable[[], T], is_in_time: Callable[[T], bool]) -> T:
    """Play until it's in time, at most three times; return what came last."""
    for _ in range(3):
        found = play()
        if is_in_time(found):
            break
    return found


@contextlib.contextmanager
def tapped(show: Show) -> Iterator[Tap]:
    """Put a tap on the wire to the first server; a room's address leads through it."""
    port = show.tap_port
    with Tap(port, show.ports[0]) as tap:
        show.natural.ports[port] = show.step.port
        show.ports = [port]
        yield tap


def side_by_side(page, address: str, html: str = TWO_WINDOWS) -> list:
    """Return two windows within one, so that one picture shows both."""
    # In a page of the chat: a page without an address may not reach this machine.
    page.goto(address)
    page.evaluate("html => { document.documentElement.innerHTML = html; }", html)
    return page.frames[1:]


def write_naturally(page, natural: Natural) -> None:
    """Change the texts of a page, and the colours that are made from them, as in an output."""
    ports = [str(port) for port in natural.ports]
    for frame in page.frames:
        # Only what names a real port: the rest may have been written before.
        texts = [
            natural(text) if any(port in text for port in ports) else text
            for text in frame.evaluate(TEXTS)
        ]
        frame.evaluate(WRITE_NATURALLY, texts)
