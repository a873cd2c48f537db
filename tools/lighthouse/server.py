"""Serves a built site the way GitHub Pages does: with gzip, caching and a 404 page."""

import contextlib
import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

COMPRESSED = {
    "application/javascript",
    "application/json",
    "application/xml",
    "image/svg+xml",
}


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port until the block ends; give its URL."""
    handler = functools.partial(Pages, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class Pages(http.server.SimpleHTTPRequestHandler):
    """Answers with a file, or with 404.html."""

    protocol_version = "HTTP/1.1"  # connections stay open between requests

    def do_GET(self) -> None:
        """Answer one request."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        status = HTTPStatus.OK
        if not path.is_file():
            path = Path(self.directory, "404.html")
            status = HTTPStatus.NOT_FOUND
        body = path.read_bytes()
        kind = self.guess_type(path)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "max-age=600")
        if self.takes_gzip() and (kind.startswith("text/") or kind in COMPRESSED):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def takes_gzip(self) -> bool:
        """Return whether the browser can unpack gzip."""
        return "gzip" in self.headers.get("Accept-Encoding", "")

    def log_message(self, *args: object) -> None:
        """Print nothing: the terminal is for the table."""
