"""Somebody who uses the playground in a real Chromium, with the keyboard and the mouse."""

import contextlib
import functools
import http.server
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from readers import AXE, HOLD_STILL

from course import lessons
from course.policy import policy_of

PATIENCE = 60_000  # milliseconds: a busy machine starts Python slowly
CONSUMERS = "chat/consumers.py"


@contextlib.contextmanager
def served(site: Path):
    """Serve a built site as `course run` does, with its policy; give its address."""
    handler = functools.partial(
        lessons.Lessons,
        chats=b'{"chats": []}',
        policy=policy_of(site),
        directory=str(site),
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        with lessons.serving_in_a_thread(server):
            yield f"http://127.0.0.1:{server.server_port}/"


@dataclass
class Reader:
    """A browser of somebody's own that reaches nothing but the site."""

    context: object
    home: str
    page: object = None
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def opens(self, address: str = "") -> "Reader":
        """Open the playground's page, in a new tab of this browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.hear)
        page.goto(f"{self.home}playground/index.html{address}")
        return Reader(self.context, self.home, page, self.outside, self.errors)

    def forgets(self) -> None:
        """Forget what the page has kept in this browser; what was fetched stays."""
        page = self.context.new_page()
        page.goto(f"{self.home}404.html")
        page.evaluate("localStorage.clear()")
        page.close()

    def hear(self, message) -> None:
        """Keep what the browser complains about, such as a breach of the policy."""
        if "Content Security Policy" in message.text:
            self.errors.append(message.text)

    def goes(self, address: str) -> None:
        """Follow a link to the playground in this tab, and start it."""
        self.page.goto(f"{self.home}playground/index.html{address}")
        self.starts()

    def starts(self) -> "Reader":
        """Press Start, and wait until the servers run."""
        self.page.locator("#play-start").click()
        self.is_running()
        return self

    def is_running(self) -> None:
        """Wait until the servers run."""
        state = self.page.locator("#play-state")
        expect(state).to_contain_text("Running", timeout=PATIENCE)

    def room(self, name: str):
        """Return the page in Ana's or Bia's frame."""
        return self.page.frame_locator(f"#play-{name.lower()}-frame")

    def status(self, name: str):
        """Return the line in a room that says whether it is connected."""
        return self.room(name).locator("#chat-status")

    def is_connected(self, *names: str) -> None:
        """Wait until these people's pages have their socket."""
        for name in names or ("Ana", "Bia"):
            expect(self.status(name)).to_have_text("Connected.", timeout=PATIENCE)

    def says(self, name: str, text: str) -> None:
        """Type a message in somebody's room, and send it."""
        field = self.room(name).locator("#chat-message-input")
        field.fill("")
        field.press_sequentially(text)
        field.press("Enter")

    def sees(self, name: str, text: str) -> None:
        """Wait until a message is in somebody's log."""
        log = self.room(name).locator("#chat-log")
        expect(log).to_contain_text(text, timeout=PATIENCE)

    def file(self, path: str = CONSUMERS) -> str:
        """Return the text of the file that the editor has open."""
        self.page.locator("#play-files").select_option(path)
        return self.page.evaluate(
            """() => {
              const { cmTile, cmView } = document.querySelector("#play-editor .cm-content");
              return (cmTile ?? cmView).view.state.doc.toString();
            }"""
        )

    def replaces(self, old: str, new: str, path: str = CONSUMERS) -> None:
        """Change a part of a file in the editor, and nothing else in it."""
        text = self.file(path)
        assert text.count(old) == 1, f"{old!r} is in {path} {text.count(old)} times"
        self.page.locator("#play-editor .cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text.replace(old, new))

    def runs(self) -> None:
        """Run the files with the keyboard, and wait for new pages in the rooms."""
        self.page.evaluate(
            """() => {
              for (const room of [frames.Ana, frames.Bia])
                room.document.documentElement.dataset.old = "";
            }"""
        )
        self.page.keyboard.press("Control+Enter")
        self.is_running()
        for name in ("Ana", "Bia"):
            # The page from before may be there for a moment, and connect again by itself.
            old = self.room(name).locator("html[data-old]")
            expect(old).to_have_count(0, timeout=PATIENCE)

    def output(self):
        """Return the servers' output."""
        self.page.locator("#play-tab-output").click()
        return self.page.locator("#play-log")


@contextlib.contextmanager
def reader(browser, home: str, *, width=1280, scheme="light", **options):
    """Open a browser window that reaches nothing but the site."""
    window = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with contextlib.closing(browser.new_context(**window | options)) as context:
        someone = Reader(context, home)

        def gate(route):
            if route.request.url.startswith((home, "data:", "blob:", "about:")):
                route.continue_()
            else:
                someone.outside.append(route.request.url)
                route.abort()

        context.route("**/*", gate)
        context.add_init_script(HOLD_STILL)
        yield someone
        assert someone.outside == [], someone.outside
        assert someone.errors == [], someone.errors


def violations(page) -> list[str]:
    """Return what axe finds wrong in a page, frames included."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
