"""The lessons as a site on this machine: built, then served with the live chats in it."""

import contextlib
import functools
import http.server
import itertools
import json
import os
import re
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from course import docs
from course.errors import CourseError
from course.policy import policy_of
from course.servers import HOST, Server
from course.steps import ROOT

SITE = ROOT / "build" / "site"
PATIENCE = 5  # seconds to wait until nobody is reading a file of the old site
# A folder of the playground is named after what is in it.
NEVER_CHANGES = re.compile(r"/playground/vendor/[0-9a-f]{16}/[^/]+$")


def build() -> None:
    """Build the site in a new folder, then replace the old one with it.

    Another of our servers may be serving the old one, and MkDocs starts by emptying its
    output folder.
    """
    SITE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix="site-", dir=SITE.parent, ignore_cleanup_errors=True
    ) as folder:
        new = Path(folder, "new")
        docs.build(new)
        give_up = time.monotonic() + PATIENCE
        for number in itertools.count():
            old = Path(folder, f"old-{number}")
            try:
                if SITE.exists():
                    SITE.rename(old)
                new.rename(SITE)
                return
            except OSError as problem:
                # Windows can't move a folder while one of its files is open, and another
                # build may have put its own site there first.
                with contextlib.suppress(OSError):
                    old.rename(SITE)
                if time.monotonic() > give_up:
                    raise CourseError(
                        f"Can't replace the lessons in {SITE}: {problem}. If another program"
                        " has one of these files open, close it and try again."
                    ) from None
                time.sleep(0.05)


@contextlib.contextmanager
def serving(port: int, running: list[Server]) -> Iterator[None]:
    """Build the site and serve it; its start page lists the chats that run."""
    build()
    handler = functools.partial(
        Lessons,
        chats=chats_of(running),
        policy=policy_of(SITE),
        directory=str(SITE),
    )
    with (
        http.server.ThreadingHTTPServer((HOST, port), handler) as server,
        serving_in_a_thread(server),
    ):
        yield


@contextlib.contextmanager
def serving_in_a_thread(server: socketserver.BaseServer) -> Iterator[None]:
    """Let a server answer for as long as the block runs."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def chats_of(running: list[Server]) -> bytes:
    """Return the running chats as the start page reads them: /chats.json."""
    chats = {}
    for server in running:
        step = server.step
        chat = {"number": step.number, "title": step.title, "note": server.note}
        chats.setdefault(step.number, chat | {"urls": []})["urls"].append(server.url)
    return json.dumps({"chats": list(chats.values())}).encode()


class Lessons(http.server.SimpleHTTPRequestHandler):
    """Serves the built pages, and the list of chats."""

    # Named here, because on Windows other programs may change what mimetypes says.
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".css": "text/css",
        ".gz": "application/gzip",
        ".html": "text/html",
        ".js": "text/javascript",
        ".json": "application/json",
        ".mjs": "text/javascript",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".webp": "image/webp",
    }
    status = HTTPStatus.OK
    sends_packed = False

    def __init__(self, *args, chats: bytes, policy: str, **options) -> None:
        self.chats = chats
        self.policy = policy
        super().__init__(*args, **options)

    def handle(self) -> None:
        """Answer requests; end quietly if a page is closed while it loads."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path != "/chats.json":
            super().do_GET()
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.chats)))
        self.end_headers()
        self.wfile.write(self.chats)

    def translate_path(self, path: str) -> str:
        """Return the file for a URL; of a script, the packed copy beside it if it has one."""
        file = super().translate_path(path)
        takes_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
        is_script = file.endswith((".js", ".mjs"))
        self.sends_packed = takes_gzip and is_script and os.path.isfile(f"{file}.gz")
        return f"{file}.gz" if self.sends_packed else file

    def guess_type(self, path: str) -> str:
        """Return the type of a file; of a packed copy, the type of what is in it."""
        return super().guess_type(
            path.removesuffix(".gz") if self.sends_packed else path
        )

    def send_response(self, code: int, message: str | None = None) -> None:
        """Remember how the request went: a browser may keep what it got, but no error."""
        self.status = code
        super().send_response(code, message)

    def end_headers(self) -> None:
        """Say what a page may do, and let a browser keep what never changes.

        The rest may be built anew at the next start.
        """
        keeps = self.status == HTTPStatus.OK and NEVER_CHANGES.match(self.path)
        once = "public, max-age=31536000, immutable"
        self.send_header("Cache-Control", once if keeps else "no-cache")
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.sends_packed:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Print nothing: the terminal belongs to the addresses."""
