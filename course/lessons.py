"""The lessons as a site on this machine: built, then served with the live chats in it."""

import contextlib
import functools
import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from http import HTTPStatus

from course import docs
from course.servers import HOST, Server
from course.steps import ROOT

SITE = ROOT / "build" / "site"


@contextlib.contextmanager
def serving(port: int, running: list[Server]) -> Iterator[None]:
    """Build the site and serve it; its start page lists the chats that run."""
    docs.build(SITE)
    handler = functools.partial(Lessons, chats=chats_of(running), directory=str(SITE))
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

    def __init__(self, *args, chats: bytes, **options) -> None:
        self.chats = chats
        super().__init__(*args, **options)

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

    def end_headers(self) -> None:
        """Let no browser keep a page: the site may be built anew at the next start."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Print nothing: the terminal belongs to the addresses."""
